// The stack under the name and the ports that a visitor's addresses have: http://localhost/ and
// https://localhost:HTTPS_PORT/, where plain HTTP redirects to. Each connection is passed on, byte for byte, to nginx.
// (443: for who knows hosts alone.)
import net from "node:net";

export const httpsPort = Number(process.env.HTTPS_PORT ?? 443);
const PORTS = new Map([[80, 8080], [443, 8443], [httpsPort, 8443]]);

export async function openSite() {
  for (const [port, target] of PORTS) {
    const server = net.createServer((visitor) => {
      const nginx = net.connect(target, "nginx");
      visitor.pipe(nginx).pipe(visitor);
      visitor.on("error", () => nginx.destroy());
      nginx.on("error", () => visitor.destroy());
    });
    await new Promise((listening) => { server.listen(port, listening); });
  }
}
