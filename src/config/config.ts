// What the rest of the daemon knows of a config: checked, normalised, with every default filled in.

import type { DeviceClass } from './device-class.js'

/** Where the daemon is asked when no config says otherwise. */
export const DEFAULT_CONTROL = '/run/udev-proxy/control.sock'

export interface Config {
  version: 1
  docker: {
    /** Path of the engine's socket; absent: DOCKER_HOST, then /run/docker.sock. */
    socket?: string
  }
  /** Absolute path of the stage's root. */
  stage: string
  /** Absolute path of the socket at which the daemon tells its state. */
  control: string
  log: {
    level: 'error' | 'warn' | 'info' | 'debug'
    format: 'auto' | 'text' | 'json'
  }
  /** The default of the routes. */
  properties: PropertySource
  /** Milliseconds that the host's udevd may take for an event. */
  hostTimeout: number
  /** Release of systemd that the builtin rules follow. */
  udevVersion: 252 | 257
  /** The default of the routes. */
  libudevZero: boolean
  /** In the order of the file: the first that matches owns the unit. */
  routes: Route[]
}

export interface Route {
  /** As written, or `route-<n>` with n counted from 1. */
  name: string
  /** Any of these. */
  match: Match[]
  container: Selector
  node: Partial<NodeOptions>
  /** Symlinks to the node, relative to /dev. */
  links: string[]
  /** Joysticks are numbered inside, in the order of plugging. */
  legacyJs: boolean
  properties: PropertySource
  /** Announcements are also sent as libudev-zero hears them. */
  libudevZero: boolean
  network: Network
}

/**
 * How far a route goes: `own` means only containers with a network namespace of their own, `shared` also those that share one with
 * other containers, `host` also those that are in the host's.
 */
export type Network = 'own' | 'shared' | 'host'

/** `host`: what the host's udevd says; `builtin`: our own rules; `auto`: host where a udevd runs, else builtin. */
export type PropertySource = 'auto' | 'host' | 'builtin'

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
  /** Of the device, or of the nearest one above it that has one. */
  driver?: string[]
  tag?: string[]
  /** By the name of a udev property. */
  properties?: Record<string, string[]>
}

export type Selector =
  /** A glob over container names, without the engine's leading slash. */
  | { kind: 'name'; name: string }
  /** The whole id or the beginning of it, at least 12 lower-case hex digits. */
  | { kind: 'id'; id: string }
  /** All labels must be there with exactly these values. */
  | { kind: 'label'; labels: Record<string, string> }
  /** com.docker.compose.project and .service; without a project, any project. Of a service in several containers the one with that number, or number 1. */
  | { kind: 'compose'; project?: string; service: string; number?: number }
  /** The first of these of which a container runs; at least two. */
  | { kind: 'first'; of: Selector[] }

export interface NodeOptions {
  /** Permission bits, for instance 0o660. */
  mode: number
  uid: number
  gid: number
}
