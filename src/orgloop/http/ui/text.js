// Text from outside, made harmless to read: what is invisible or turns the reading direction is shown.

const ODD = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5" +
    "\\u180b-\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0e\\ufeff" +
    "\\uffa0\\ufff9-\\ufffb\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]" +
    "|(?<!\\p{Extended_Pictographic}\\ufe0f?|\\p{Emoji_Modifier})\\u200d" +
    "|[\\ud800-\\udfff]", // with the flag u, a surrogate that has no other half
  "gu",
);
const MOST = 2000;

/** Return how a character that cannot be seen is written. */
function named(character) {
  return "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
}

/** Return a text for attributes and titles: on one line, with nothing invisible in it. */
export function plain(text, most = 300) {
  return cut(String(text), most).replace(ODD, named).replace(/\s+/g, " ");
}

/** Return a document fragment that shows a text; what cannot be seen is written out and marked. */
export function shown(text, most = MOST) {
  const fragment = document.createDocumentFragment();
  const whole = cut(String(text), most);
  let from = 0;
  for (const found of whole.matchAll(ODD)) {
    if (found.index > from) fragment.append(whole.slice(from, found.index));
    const mark = document.createElement("span");
    mark.className = "odd";
    mark.title = "a character that cannot be seen";
    mark.textContent = named(found[0]);
    fragment.append(mark);
    from = found.index + found[0].length;
  }
  fragment.append(whole.slice(from));
  return fragment;
}

/** Return the address if it is one of the web's, with nothing hidden in it; null otherwise. */
export function webAddress(text) {
  if (typeof text !== "string" || text.length > 2000 || !/^https?:\/\/[^\s"'<>\\]+$/i.test(text)) return null;
  if (new RegExp(ODD.source, "u").test(text)) return null;
  try {
    const address = new URL(text);
    return address.protocol === "https:" || address.protocol === "http:" ? address.href : null;
  } catch {
    return null;
  }
}

/** Return the beginning of a text, never half a character. */
function cut(text, most) {
  if (text.length <= most) return text;
  const code = text.charCodeAt(most - 1);
  return text.slice(0, code >= 0xd800 && code < 0xdc00 ? most - 1 : most) + "…";
}

/** Return a number of characters or bytes in words. */
export function size(count) {
  if (count < 1000) return String(count);
  return count < 1e6 ? (count / 1e3).toFixed(1) + " k" : (count / 1e6).toFixed(1) + " M";
}

/** Return a count with separators. */
export function number(count) {
  return typeof count === "number" ? count.toLocaleString("en") : "–";
}
