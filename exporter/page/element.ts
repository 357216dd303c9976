/** Elements from names and texts alone: nothing is ever read as HTML. */

export type Child = Node | string | null;

export function element<Name extends keyof HTMLElementTagNameMap>(
  tag: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** A place that is made anew only where what it shows has changed, so that focus, selection and screen readers stay. */
export class Place {
  private shown = '';

  constructor(private readonly root: HTMLElement) {}

  /** @param of all that the content is made from */
  show(of: unknown, make: () => readonly Child[]): void {
    const now = JSON.stringify(of);
    if (now === this.shown) return;
    this.shown = now;
    const focused = this.focusedKey();
    this.root.replaceChildren(...make().filter((child) => child !== null));
    if (focused !== undefined) this.withKey(focused)?.focus();
  }

  private focusedKey(): string | undefined {
    const { activeElement } = document;
    return activeElement instanceof HTMLElement && this.root.contains(activeElement)
      ? activeElement.dataset.key
      : undefined;
  }

  private withKey(key: string): HTMLElement | undefined {
    return [...this.root.querySelectorAll<HTMLElement>('[data-key]')].find(({ dataset }) => dataset.key === key);
  }
}
