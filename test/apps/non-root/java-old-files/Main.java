import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.FileWriter;
import java.net.InetSocketAddress;

public class Main {
  public static void main(String[] args) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
    server.createContext("/", exchange -> {
      File folder = new File("reports");
      folder.mkdirs();
      try (FileWriter writer = new FileWriter(new File(folder, "last.txt"))) {
        writer.write(exchange.getRequestURI().toString());
      }
      byte[] body = "hello from java\n".getBytes();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
  }
}
