/** What the reader has chosen, kept in the browser where it keeps anything. */

import { byId } from './element';
import { type Language, languages, preferred } from './words';

const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export interface Choices {
  language: Language;
  theme: Theme;
}

/** @param changed is called after each choice */
export function choices(changed: () => void): Choices {
  const made: Choices = {
    language: languages.find((each) => each === kept('language')) ?? preferred(navigator.languages),
    theme: themes.find((each) => each === kept('theme')) ?? 'system',
  };
  bind('language', made, changed);
  bind('theme', made, changed);
  return made;
}

function bind<Key extends keyof Choices>(key: Key, made: Choices, changed: () => void): void {
  const field = byId<HTMLSelectElement>(key);
  field.value = made[key];
  field.addEventListener('change', () => {
    made[key] = field.value as Choices[Key];
    keep(key, field.value);
    changed();
  });
}

function kept(key: string): string | null {
  try {
    return localStorage.getItem(`status-${key}`);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`status-${key}`, value);
  } catch {
    // It then holds until the page is left.
  }
}
