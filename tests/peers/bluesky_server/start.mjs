// A whole Bluesky on loopback: identity directory, PDS and AppView, from @atproto/dev-env.
// Needs DB_POSTGRES_URL and REDIS_HOST. Prints one JSON line when ready; SIGTERM stops it.
import { TestNetwork } from '@atproto/dev-env'

const network = await TestNetwork.create({
  plc: { port: 18202 },
  pds: { port: 18203, hostname: 'localhost', enableDidDocWithSession: true },
  bsky: { port: 18204, publicUrl: 'http://localhost:18204' },
  ozone: { port: 18207 },
  dbPostgresSchema: 'parvis',
})
console.log(JSON.stringify({ ready: true, pds: network.pds.url, appview: network.bsky.url }))
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, async () => {
    try { await network.close() } finally { process.exit(0) }
  })
}
