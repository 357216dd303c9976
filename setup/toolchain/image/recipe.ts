/** How an image is laid out from Debian's packages in place of an official one. */
export interface Recipe {
  /** The reference that a stand-in is built for, and tagged with. */
  reference: string;
  /** Beginning of the version that Debian's package must have: as much as those who use the image rely on. */
  agreed: string;
  /** The package whose version that is. */
  package: string;
  /** All packages that are asked for; what they need comes along. */
  wanted: readonly string[];
  /** Path in the image of a file of a package, both without a slash before them; undefined for one that is left out. */
  place(name: string): string | undefined;
  /** Links, by their paths, to what they point at. */
  links: Readonly<Record<string, string>>;
  /** Files with texts of their own, by their paths. */
  texts: Readonly<Record<string, string | { text: string; mode?: number; owner?: number }>>;
  /** Folders, by their paths, each with the number of who owns it. */
  folders: Readonly<Record<string, number>>;
  /** Whether it has the certificates of public authorities in /etc/ssl/certs/ca-certificates.crt. */
  authorities?: boolean;
  /** What the image says of itself, as in a Dockerfile. */
  instructions: readonly string[];
}

/** Libraries that programs are linked with, wherever a release of Debian has them. */
export const libraries = /^usr\/lib(64)?\/([^/]+\/)?(lib|ld-)[^/]+\.so[.\d]*$/;

/** Of these the ones that a program of Go needs. */
export const librariesOfGo = /^usr\/lib(64)?\/([^/]+\/)?(libc|libresolv|libpthread|libnss_\w+|ld-[^/]+)\.so[.\d]*$/;

export const licences = /^usr\/share\/doc\/[^/]+\/copyright$/;

/** Where official images look for programs. */
export const programs = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Links of what busybox is called by. */
export function busybox(applets: string): Record<string, string> {
  return Object.fromEntries(applets.split(/\s+/).map((applet) => [`usr/bin/${applet}`, 'busybox']));
}

/** A file of users and one of groups, with root and one more. */
export function users(name: string, id: number, home: string, shell = '/sbin/nologin'): Record<string, string> {
  return {
    'etc/passwd': `root:x:0:0:root:/root:/bin/sh\n${name}:x:${id}:${id}:${name}:${home}:${shell}\n`,
    'etc/group': `root:x:0:\n${name}:x:${id}:\n`,
  };
}
