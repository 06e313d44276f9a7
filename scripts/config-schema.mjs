// Writes config/schema.json from the compiled schema: after `npm run build`, node scripts/config-schema.mjs.

import { writeFileSync } from 'node:fs'
import { schemaText } from '../dist/config/schema.js'

writeFileSync(new URL('../config/schema.json', import.meta.url), schemaText())
