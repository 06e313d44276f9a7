// Whether this Node.js is new enough. Written for one that is not: no syntax and no import that an old one lacks.

/** The oldest that has all that is used (Array.prototype.toReversed, require of an ES module); `engines` of package.json says the same. */
export const OLDEST_NODE = [20, 19] as const

/** What to do about a Node.js of this version; undefined when it is new enough. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return undefined
  return (
    'udev-proxy needs Node.js ' +
    OLDEST_NODE.join('.') +
    ' or newer, and this is ' +
    version +
    ' (' +
    process.execPath +
    '): install a newer one, then build and install udev-proxy with it'
  )
}
