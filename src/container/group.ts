// group(5)

/** The id of the group `name` by the text of an /etc/group; undefined when it has none that can be used. */
export function gidOf(name: string, groups: string): number | undefined {
  for (const line of groups.split('\n')) {
    const [group, , gid = ''] = line.split(':')
    if (group === name && /^\d{1,10}$/.test(gid)) return Number(gid)
  }
  return undefined
}
