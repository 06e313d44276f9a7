import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compileGlob, parseConfig } from '../../../src/config/index.js'
import { matchSnippet } from '../../../src/config/snippet.js'

/** The predicate that a config with this match has. */
function predicateOf(snippet: string): (text: string) => boolean {
  const text = `version: 1\nroutes:\n  - ${snippet}\n    container: c\n`
  const [glob = ''] = parseConfig(text, 'f').routes[0]?.match[0]?.name ?? []
  return compileGlob(glob)
}

it('is a match as the README writes it', () => {
  expect(matchSnippet({ name: 'Xbox "Elite" Pad', vendor: '045e', product: '0b00' })).toBe(
    'match: { name: "Xbox \\"Elite\\" Pad", vendor: "045e", product: "0b00" }',
  )
})

it.each(['Pad [2]', 'Pad {x}', 'Pad *', 'Who?', '!Pad', 'a(b)', '[', 'PLAYSTATION(R)3', '/\\\\'])(
  'means %s alone',
  (name) => {
    const matches = predicateOf(matchSnippet({ name }))
    expect([name, 'Pad 2', 'Pad x', 'Pad', 'Whom', '', 'x'].filter(matches)).toEqual([name])
  },
)

it('has a question mark for a byte that is no text', () => {
  expect(matchSnippet({ name: '\udcff\udca5@\udcfa [é🎮]\n' })).toBe(
    'match: { name: "??@? \\\\[é🎮\\\\]\\n" }',
  )
  expect(matchSnippet({ name: 'caf\udce9' })).toBe('match: { name: "caf?" }')
})

it('means the device, whatever the name has of globs and of YAML', () => {
  const special = fc.constantFrom(...Array.from('*?[]{}!\\(),"\'@+^$|.#:- \t/\x7f\ufeff'))
  // The kernel's names end with a NUL.
  const other = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((text) => text !== '\0')
  const byte = fc.integer({ min: 0xdc80, max: 0xdcff }).map((code) => String.fromCharCode(code))
  const character = fc.oneof(special, other, byte)
  const name = fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(name, (text) => predicateOf(matchSnippet({ name: text }))(text)),
    { numRuns: 200 },
  )
})
