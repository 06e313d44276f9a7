// `npm run demo` where the kernel has uinput: a device with a driver behind it.
import { expect, test } from 'vitest'
import { outcomeOf } from '../integration/harness/command.js'

test('the demo plugs a real device, which the application inside can open', async () => {
  const { code, stdout, stderr } = await outcomeOf(process.execPath, ['dist/demo/main.js'])
  expect(stderr).toBe('')
  expect(stdout).toContain('a virtual device, made with /dev/uinput')
  expect(stdout).toMatch(
    /heard add of event\d+; stat \/dev\/input\/event\d+: 13:\d+ 0660, open: ok, record: there/,
  )
  expect(stdout).toContain('Every line happened.')
  expect(code).toBe(0)
})
