// A stage as the daemon has one: a tmpfs with devices, and directories in it.
import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { native } from '../../../../src/native.js'

export interface TestStage {
  readonly path: string
  /** A directory that holds an empty file `control`. */
  readonly udev: string
  readonly scratch: string
  /** A node that can be opened anywhere: the null device, mode 0666. */
  readonly node: string
  end(): void
}

export function makeStage(): TestStage {
  const path = mkdtempSync(join(tmpdir(), 'udev-proxy-stage-'))
  native.mountTmpfs(path)
  const stage = {
    path,
    udev: join(path, 'udev'),
    scratch: join(path, 'scratch'),
    node: join(path, 'null'),
    end: () => {
      native.unmount(path)
      rmdirSync(path)
    },
  }
  mkdirSync(stage.udev)
  mkdirSync(stage.scratch)
  writeFileSync(join(stage.udev, 'control'), '')
  native.placeNode({
    scratch: stage.scratch,
    path: stage.node,
    major: 1,
    minor: 3,
    mode: 0o666,
    uid: 0,
    gid: 0,
  })
  return stage
}
