// A PDS without AppView and its identity directory, in memory and SQLite. Only these parts of dev-env are
// imported: its front door loads the AppView and the moderation service too, which takes far longer.
// Prints one JSON line when ready; SIGTERM stops it.
import { TestPds } from './node_modules/@atproto/dev-env/dist/pds.js'
import { TestPlc } from './node_modules/@atproto/dev-env/dist/plc.js'
import { mockNetworkUtilities } from './node_modules/@atproto/dev-env/dist/util.js'

const plc = await TestPlc.create({ port: 18212 })
const pds = await TestPds.create({
  didPlcUrl: plc.url, port: 18213, hostname: 'localhost', enableDidDocWithSession: true,
})
mockNetworkUtilities(pds) // handles in .test do not resolve: the PDS answers for its own

console.log(JSON.stringify({ ready: true, pds: pds.url, plc: plc.url }))
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, async () => {
    try { await pds.close(); await plc.close() } finally { process.exit(0) }
  })
}
