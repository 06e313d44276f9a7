import { expect, it } from 'vitest'
import { gidOf } from '../../../src/container/group.js'

it('finds the id of a group among others', () => {
  const groups = 'root:x:0:\ninput-old:x:5:\ninput:x:104:alice,bob\n'
  expect(gidOf('input', groups)).toBe(104)
  expect(gidOf('root', groups)).toBe(0)
  expect(gidOf('video', groups)).toBeUndefined()
})

it('takes no id from a line that is none', () => {
  for (const line of [
    'input',
    'input:x',
    'input:x:',
    'input:x:-1:',
    'input:x:1e9:',
    '# input:x:7:',
    'input:x:99999999999:',
  ])
    expect(gidOf('input', line), line).toBeUndefined()
})
