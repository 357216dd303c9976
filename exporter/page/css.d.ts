/** Styles go into the page by their import; nothing comes back. */
declare module '*.css';
