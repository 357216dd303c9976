/** What a person wrote, in the words of a message: what cannot be seen in it, or looks like another character, is named. */

/** All that a terminal shows as nothing, as a blank, or as part of the letter before it. */
const unseen = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\p{Script=Inherited}\u2800]/u;
const everyUnseen = new RegExp(unseen, 'gu');

/** Letters that look like those of ASCII, and the dashes and quotes that word processors write for them. */
const likeAscii =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}\u0130\u0131\u0251\u0261\u02b9-\u02bf\u2010-\u2015\u2018-\u201f\u2032-\u2036\u2044\u2212\u2215\u2236]/u;

/** Characters of ASCII that JSON does not escape. */
const plain = /^[ !#-[\]-~]*$/;

/** How many characters of one input are named. */
const mostNamed = 3;

/**
 * An input in quotes, such as `"pi-\u200b001" (U+200B at character 4)`.
 *
 * @param whole the input itself, where `text` is only what of it may be shown
 */
export function quoted(text: string, whole = text): string {
  return `${inQuotes(text)}${named(whole)}`;
}

/** An input in quotes, for a message that has named its characters already. */
export function inQuotes(text: string): string {
  return visible(JSON.stringify(text));
}

/** A name that stands in no quotes, such as a key. */
export function unquoted(name: string): string {
  // A review may name a hundred thousand, and nearly all of them are like this.
  if (plain.test(name)) return name;
  return `${inQuotes(name).slice(1, -1)}${named(name)}`;
}

/** A whole message, with what cannot be seen in it as an escape. Line breaks, tabs and colours stay. */
export function visible(message: string): string {
  return message.replace(everyUnseen, (character) =>
    '\n\r\t\u001b'.includes(character) ? character : escaped(character),
  );
}

/** Characters that the message cannot show by themselves, each with its place, counted from 1. */
function named(text: string): string {
  const hasAscii = /[A-Za-z0-9]/.test(text);
  const names = Array.from(text).flatMap((character, index) => {
    const isNamed = isEscapedByJson(character) ? false : unseen.test(character) || (hasAscii && isLikeAscii(character));
    return isNamed ? [`${codePoint(character)} at character ${index + 1}`] : [];
  });
  if (names.length === 0) return '';
  const rest = names.length - mostNamed;
  return ` (${names.slice(0, mostNamed).join(', ')}${rest > 0 ? `, and ${rest} more` : ''})`;
}

function isEscapedByJson(character: string): boolean {
  return JSON.stringify(character) !== `"${character}"`;
}

function isLikeAscii(character: string): boolean {
  if (character <= '\u007f') return false;
  return likeAscii.test(character) || /^[\u0020-\u007e]+$/.test(character.normalize('NFKC'));
}

/** A character by its number in Unicode, such as `U+200B`. */
export function codePoint(character: string): string {
  return `U+${hexOf(character).toUpperCase().padStart(4, '0')}`;
}

function escaped(character: string): string {
  const hex = hexOf(character);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
