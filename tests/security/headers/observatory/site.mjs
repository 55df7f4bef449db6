// Makes the stack reachable at a visitor's addresses: http://localhost/ and https://localhost:HTTPS_PORT/, to which
// plain HTTP redirects. It passes each connection on to nginx unchanged. Port 443 is for the package's own scan().
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
