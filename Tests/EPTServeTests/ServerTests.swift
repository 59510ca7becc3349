import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// The built server, over sockets.
@Suite(.timeLimit(.minutes(5)))
struct ServerTests {
  private let tasks = ServeFixture.folder + "/tasks"

  @Test("Requests, one after another on one connection, get their answers")
  func requests() throws {
    let server = try ServerProcess(["--prompts", tasks, "--port", "0", "--max-body", "2000"])
    #expect(server.address.hasPrefix("http://127.0.0.1:"))
    let connection = try server.connect()
    #expect(try connection.ask("GET", "/health").status == 200)
    let answer = try connection.ask("POST", "/classify/sst2", #"{"inputs": ["a film", "b"]}"#)
    #expect(answer.status == 200 && answer.json?.array?.count == 2)
    #expect(answer.fields["content-type"] == "application/json" && answer.fields["date"] != nil)
    let head = try connection.ask("HEAD", "/info")
    #expect(head.status == 200 && Int(head.fields["content-length"] ?? "") ?? 0 > 100)
    #expect(try connection.ask("GET", "/nothing").status == 404)
    let method = try connection.ask("GET", "/classify?a=b")
    #expect(method.status == 405 && method.fields["allow"] == "POST")
    let type = try connection.ask(
      "POST", "/classify", "inputs=a", fields: ["Content-Type": "application/x-www-form-urlencoded"]
    )
    #expect(type.status == 415)
    let long = #"{"inputs": ""# + String(repeating: "a", count: 3000) + #""}"#
    #expect(try connection.ask("POST", "/classify", long).status == 413)
    // The connection is still of use.
    #expect(try connection.ask("POST", "/classify", #"{"inputs": "a"}"#).status == 200)
    connection.send(
      Connection.request(
        "POST", "/embed",
        fields: [
          "Transfer-Encoding": "chunked",
          "Content-Type": "application/json", "Expect": "100-continue",
        ]))
    #expect(try connection.receive().status == 100)
    connection.send("10\r\n{\"inputs\": \"a b\"\r\n1\r\n}\r\n0\r\n\r\n")
    #expect(try connection.receive().json?.array?.count == 1)
    // Requests that do not wait for answers have theirs in order.
    connection.send(
      Connection.request("GET", "/health") + Connection.request("GET", "/none")
        + Connection.request("POST", "/classify", #"{"inputs": "a"}"#))
    #expect(try (0..<3).map { _ in try connection.receive().status } == [200, 404, 200])
    let metrics = try connection.ask("GET", "/metrics")
    #expect(
      metrics.body.contains(
        #"eptc_http_requests_total{route="/classify",status="413"} 1"# + "\n"))
  }

  @Test("Bytes that are no request, and headers without end, harm nobody")
  func brokenClients() throws {
    let server = try ServerProcess(["--prompts", tasks, "--port", "0", "--timeout", "1"])
    let garbage = try server.connect()
    garbage.send("\u{16}\u{03}\u{01}no http\r\n\r\n")
    #expect((try? garbage.receive().status) == 400 && garbage.isClosed)
    let header = try server.connect()
    header.send("GET /health HTTP/1.1\r\nA: " + String(repeating: "a", count: 100_000))
    #expect((try? header.receive().status) ?? 400 == 400 && header.isClosed)
    // One stops in its header, one in its body, one after its first byte.
    let slow = try (0..<3).map { _ in try server.connect() }
    slow[0].send("POST /classify HTTP/1.1\r\nHost: a\r\n")
    slow[1].send(Connection.request("POST", "/classify", "{", fields: ["Content-Length": "30"]))
    slow[2].send("P")
    // One goes away in the middle.
    try server.connect().send(
      Connection.request("POST", "/classify", "{", fields: ["Content-Length": "30"]))
    // One asks and asks, and takes no answer.
    let deaf = try server.connect()
    deaf.send(String(repeating: Connection.request("GET", "/openapi.json"), count: 200))
    for _ in 0..<20 {
      #expect(
        try server.connect().ask("POST", "/classify", #"{"inputs": "a"}"#).status == 200)
    }
    for connection in slow { #expect(connection.isClosed) }
    #expect(try server.connect().ask("GET", "/health").status == 200)
  }

  @Test("A Unix socket, which is gone afterwards; two servers do not share one")
  func unixSocket() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/s"
      let server = try ServerProcess(["--prompts", tasks, "--socket", path])
      #expect(server.address == "unix:" + path)
      #expect(try server.connect().ask("GET", "/health").status == 200)
      #expect(throws: (any Error).self) { try ServerProcess(["--socket", path]) }
      #expect(try server.connect().ask("GET", "/health").status == 200)
      server.send(SIGTERM)
      #expect(server.end() == 0 && !FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("With a token nothing but the health is told without it")
  func token() throws {
    try TestPaths.withTemporaryFolder { folder in
      try "s3cret\n".write(toFile: folder + "/token", atomically: true, encoding: .utf8)
      let server = try ServerProcess(
        ["--prompts", tasks, "--port", "0", "--token-file", folder + "/token"])
      let connection = try server.connect()
      #expect(try connection.ask("GET", "/health").status == 200)
      let refused = try connection.ask("POST", "/classify", #"{"inputs": "a"}"#)
      #expect(refused.status == 401 && refused.fields["www-authenticate"] == "Bearer")
      for path in ["/info", "/metrics", "/openapi.json", "/none"] {
        #expect(try connection.ask("GET", path).status == 401)
      }
      let fields = ["Authorization": "Bearer s3cret"]
      #expect(
        try connection.ask("POST", "/classify", #"{"inputs": "a"}"#, fields: fields).status == 200)
      // SIGHUP reads it again.
      try "other\n".write(toFile: folder + "/token", atomically: true, encoding: .utf8)
      server.send(SIGHUP)
      var status = 200
      for _ in 0..<100 where status == 200 {
        usleep(50_000)
        status = try connection.ask("GET", "/info", fields: fields).status
      }
      #expect(status == 401)
    }
  }

  @Test("Bundles come and change while requests are answered; a bad one does no harm")
  func reload() throws {
    try TestPaths.withTemporaryFolder { folder in
      let files = FileManager.default
      func copy(_ name: String) throws {
        try files.copyItem(atPath: tasks + "/sst2.eptb", toPath: folder + "/" + name)
      }
      try copy("a.eptb")
      let server = try ServerProcess(["--prompts", folder, "--port", "0"])
      let body = #"{"inputs": "a"}"#
      #expect(try server.connect().ask("POST", "/classify/b", body).status == 404)
      try copy("new")
      _ = rename(folder + "/new", folder + "/b.eptb")
      #expect(try server.wait(for: "POST", "/classify/b", body) { $0.status == 200 })
      try Data("no bundle".utf8).write(to: URL(fileURLWithPath: folder + "/a.eptb"))
      server.send(SIGHUP)
      #expect(
        try server.wait(for: "GET", "/metrics") { $0.body.contains(#"outcome="failed""#) })
      #expect(try server.connect().ask("POST", "/classify/a", body).status == 200)
      #expect(server.errors.contains("the bundle before it stays at work"))
      try files.removeItem(atPath: folder + "/b.eptb")
      #expect(try server.wait(for: "POST", "/classify/b", body) { $0.status == 404 })
    }
  }

  @Test("SIGTERM lets what has been asked be answered, then the server ends well")
  func drain() throws {
    // A text waits for others long enough for the signal to come.
    let server = try ServerProcess(["--prompts", tasks, "--port", "0", "--max-wait", "1500"])
    let connection = try server.connect()
    connection.send(Connection.request("POST", "/classify", #"{"inputs": "a"}"#))
    let idle = try server.connect()
    #expect(try idle.ask("GET", "/health").status == 200)
    server.send(SIGTERM)
    #expect(try connection.receive().status == 200)
    #expect(connection.isClosed && idle.isClosed)
    #expect(server.end() == 0)
    #expect(throws: (any Error).self) { try server.connect() }
  }

  @Test("What cannot start says why, and with which status")
  func start() throws {
    func run(_ arguments: [String]) throws -> (Int32, String) {
      let process = Process()
      process.executableURL = try ServeFixture.executable("eptc")
      process.arguments = ["serve"] + arguments
      let pipe = Pipe()
      process.standardError = pipe
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text)
    }
    let model = ServeFixture.folder + "/model.ept"
    let cases: [([String], Int32, String)] = [
      (["--port", "70000"], 64, "eptc: --port must be"),
      (["--max-texts", "10", "--queue", "5"], 64, "--max-texts 10"),
      (["--model", "none.ept"], 66, "eptc: none.ept is missing"),
      (["--model", model, "--prompts", "none"], 66, "eptc: cannot open none"),
      (["--model", model, "--token-file", "none"], 66, "eptc: no token in none"),
      (["--model", model, "--host", "192.0.2.1", "--port", "0"], 1, "eptc: cannot listen on"),
    ]
    for (arguments, status, message) in cases {
      let run = try run(arguments)
      #expect(run.0 == status && run.1.contains(message), "\(arguments): \(run)")
    }
  }
}
