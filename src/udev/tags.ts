// The colon-separated lists of TAGS and CURRENT_TAGS.

/** The tags in `list`, which has a colon before and after each. */
export function tagsIn(list = ''): string[] {
  return list.split(':').filter((tag) => tag !== '')
}
