import EPTFormat
import EPTTestSupport
import Testing

@testable import EPTTask

@Suite("The official files of all 13 tasks, against the digests of make_goldens.py")
struct OfficialDataTests {
  @Test(.enabled(if: TestPaths.hasShared, "needs ../shared"), arguments: TaskCatalogue.names)
  func rowsAndInputs(name: String) throws {
    let task = try TaskCatalogue.task(named: name)
    let location = try DataLocation.find(task, data: TestPaths.shared("data"), environment: [:])
    let cases = try #require(try goldens("tasks").array).filter { $0["task"]?.string == name }
    #expect(cases.count == 2)
    for golden in cases {
      let isTrain = golden["split"]?.string == "train"
      let names = isTrain ? ["train"] : name == "mnli" ? ["dev_matched"] : DataLocation.devNames
      let rows = try Dataset.read(location.require(names, task: name), task)
      #expect(rows.count == golden["rows"]?.integer)
      var digest: UInt64 = 0xCBF2_9CE4_8422_2325
      for row in rows {
        let texts = [task.input(row.values, hasDecoder: true).first, task.labels[row.label].word]
        for byte in texts.flatMap({ $0.utf8 + [0] }) {
          digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3
        }
      }
      #expect(String(digest) == golden["digest"]?.string)
    }
  }
}
