// The addon asks a real device for its axes.
import { statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { native } from '../../src/native.js'
import { BTN_SOUTH, plug } from './harness/uinput.js'
import { until } from './harness/until.js'

const EV_ABS = 3
const ABS_X = 0
const ABS_RX = 3

test('the axes of a pad are as its driver has made them; unplugged, it says nothing', async () => {
  const stick = { minimum: -32768, maximum: 32767, fuzz: 16, flat: 128, resolution: 0 }
  const wheel = { minimum: 0, maximum: 900, fuzz: 0, flat: 0, resolution: 57 }
  // no route takes it
  const pad = plug({
    name: 'Pad of the Addon',
    vendor: 0x1,
    product: 0x1,
    keys: [BTN_SOUTH],
    absoluteAxes: [
      { ...stick, code: ABS_X },
      { ...wheel, code: ABS_RX },
    ],
  })
  onTestFinished(() => pad.unplug())
  const path = `/dev/input/${pad.event}`
  await until(path, () => statSync(path, { throwIfNoEntry: false })?.isCharacterDevice())
  const { rdev } = statSync(path)
  const node = { path, major: rdev >> 8, minor: rdev & 0xff }
  expect(native.readAbsInfo(node, [ABS_X, ABS_RX])).toEqual([
    { ...stick, value: 0 },
    { ...wheel, value: 0 },
  ])
  pad.emit(EV_ABS, ABS_X, -1000)
  expect(native.readAbsInfo(node, [ABS_X])).toEqual([{ ...stick, value: -1000 }])
  expect(native.readAbsInfo({ ...node, minor: node.minor + 1 }, [ABS_X])).toEqual([undefined])

  pad.unplug()
  expect(native.readAbsInfo(node, [ABS_X])).toEqual([undefined])
})
