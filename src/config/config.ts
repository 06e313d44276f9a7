// What the rest of the daemon knows of a config: checked, normalised, with every default filled in.

import type { DeviceClass } from './device-class.js'

export interface Config {
  version: 1
  docker: {
    /** Path of the engine's socket; absent: DOCKER_HOST, then /run/docker.sock. */
    socket?: string
  }
  /** Absolute path of the stage's root. */
  stage: string
  log: {
    level: 'error' | 'warn' | 'info' | 'debug'
    format: 'auto' | 'text' | 'json'
  }
  /** In the order of the file: the first that matches owns the unit. */
  routes: Route[]
}

export interface Route {
  /** As written, or `route-<n>` with n counted from 1. */
  name: string
  /** Any of these. */
  match: Match[]
  container: Selector
  node: NodeOptions
}

/** All keys that are there must hold; each list means any of its globs. Never empty. */
export interface Match {
  name?: string[]
  /** Globs over 4 lower-case hex digits, as are product, version and bus. */
  vendor?: string[]
  product?: string[]
  version?: string[]
  /** Bus names have become ids (see BUSES). */
  bus?: string[]
  uniq?: string[]
  phys?: string[]
  class?: DeviceClass[]
  subsystem?: string[]
  devpath?: string[]
}

export type Selector =
  /** A glob over container names, without the engine's leading slash. */
  | { kind: 'name'; name: string }
  /** The whole id or the beginning of it, at least 12 lower-case hex digits. */
  | { kind: 'id'; id: string }
  /** All labels must be there with exactly these values. */
  | { kind: 'label'; labels: Record<string, string> }
  /** com.docker.compose.project and .service; without a project, any project. */
  | { kind: 'compose'; project?: string; service: string }

export interface NodeOptions {
  /** Permission bits, for instance 0o660. */
  mode: number
  uid: number
  gid: number
}
