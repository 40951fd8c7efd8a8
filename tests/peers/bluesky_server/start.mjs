// A whole Bluesky on loopback: identity directory, PDS and AppView, from @atproto/dev-env.
// Needs DB_POSTGRES_URL and REDIS_HOST. Prints one JSON line when ready; SIGTERM stops it.
import { createServer } from 'node:http'
import { TestNetwork } from '@atproto/dev-env'

const network = await TestNetwork.create({
  plc: { port: 18202 },
  pds: { port: 18203, hostname: 'localhost', enableDidDocWithSession: true },
  bsky: { port: 18204, publicUrl: 'http://localhost:18204' },
  ozone: { port: 18207 },
  dbPostgresSchema: 'parvis',
})

// POST /process-all answers when the AppView has indexed everything written so far.
const control = createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/process-all') {
    response.writeHead(404).end()
    return
  }
  try {
    await network.processAll(20000)
    response.writeHead(200).end()
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})
await new Promise((listening) => control.listen(18205, '127.0.0.1', listening))

console.log(JSON.stringify({ ready: true, pds: network.pds.url, appview: network.bsky.url }))
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, async () => {
    control.close()
    try { await network.close() } finally { process.exit(0) }
  })
}
