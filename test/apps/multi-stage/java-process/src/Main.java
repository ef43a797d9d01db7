import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public class Main {
  static String run() {
    try {
      return new String(new ProcessBuilder("git", "--version").start().getInputStream().readAllBytes());
    } catch (Exception e) {
      return e.toString();
    }
  }

  public static void main(String[] args) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
    server.createContext("/", exchange -> {
      byte[] body = (run()).getBytes();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
  }
}
