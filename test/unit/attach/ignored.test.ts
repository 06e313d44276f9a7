import { constants } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { insideReason, lastingReason } from '../../../src/attach/ignored.js'

const failure = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'symlinkat' })
const CODES = Object.keys(constants.errno)
const PASSING = ['EAGAIN', 'EINTR', 'EMFILE', 'ENFILE', 'ENOMEM', 'ESRCH']

describe('what fails', () => {
  it.each(['ENAMETOOLONG', 'EEXIST', 'ENOTDIR', 'ELOOP', 'EINVAL'])('lasts on a stage with %s', (code) => {
    expect(lastingReason(failure(code))).toMatch(/^[a-z]/)
  })

  it.each(['ENOSPC', 'EPERM', 'EACCES', 'EROFS', 'EIO'])('may end on a stage with %s', (code) => {
    expect(() => lastingReason(failure(code))).toThrow(code)
  })

  it('lasts in a container, whatever its file systems say', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CODES), (code) => {
        if (PASSING.includes(code)) expect(() => insideReason(failure(code))).toThrow(code)
        else expect(insideReason(failure(code))).toMatch(/^[a-z].*[a-z)]$/)
      }),
    )
  })

  it('is a bug of ours when it is no system call', () => {
    expect(() => insideReason(new TypeError('x'))).toThrow(TypeError)
    expect(() => lastingReason(new TypeError('x'))).toThrow(TypeError)
  })
})
