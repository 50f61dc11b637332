/** The characters that Topic Names and Topic Filters give a meaning to, as UTF-16 code units. */
export const SLASH = 0x2f;
export const PLUS = 0x2b;
export const HASH = 0x23;
export const DOLLAR = 0x24;
