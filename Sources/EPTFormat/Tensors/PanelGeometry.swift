/// Where the numbers of a quantised matrix lie, docs/reference/format.md.
///
/// Rows are taken sixteen at a time (a panel), columns a group at a time. A panel's groups follow
/// one another, so a product reads a panel from its first byte to its last. The scales of all
/// panels come after the last panel. Rows and columns are filled up with zeros.
public struct PanelGeometry: Sendable, Equatable {
  /// Rows of a panel.
  public static let rowsPerPanel = 16

  /// Rows of the matrix.
  public let rows: Int
  /// Columns of the matrix.
  public let columns: Int
  /// Columns of a group: 4 in `q8`, 32 in `q4`.
  public let columnsPerGroup: Int
  /// How many panels of 16 rows there are.
  public let panels: Int
  /// Groups of a panel.
  public let groups: Int
  /// Bytes of one group of one panel: 64 in `q8`, 256 in `q4`.
  public let blockSize: Int
  /// Bytes of one scale: binary32 in `q8`, binary16 in `q4`.
  public let scaleSize: Int
  /// Scales of a row: one in `q8`, one a group in `q4`.
  public let scalesPerRow: Int
  /// Where the scales begin, in bytes of the payload.
  public let scalesOffset: Int
  /// Bytes of the payload.
  public let byteCount: Int

  /// Lays out a matrix of `rows` by `columns`; nil where `encoding` has no panels or the payload
  /// no size below 2^63.
  public init?(_ encoding: TensorEncoding, rows: Int, columns: Int) {
    switch encoding {
    case .q8: (columnsPerGroup, blockSize, scaleSize) = (4, 64, 4)
    case .q4: (columnsPerGroup, blockSize, scaleSize) = (32, 256, 2)
    case .f32, .f16, .bf16: return nil
    }
    guard rows >= 0, columns >= 0 else { return nil }
    self.rows = rows
    self.columns = columns
    panels = Self.quotient(rows, Self.rowsPerPanel)
    groups = Self.quotient(columns, columnsPerGroup)
    scalesPerRow = encoding == .q8 ? 1 : groups
    let panelSize = groups.multipliedReportingOverflow(by: blockSize)
    let codes = panels.multipliedReportingOverflow(by: panelSize.partialValue)
    // No overflow: a panel's scales are no more bytes than its codes, or 64.
    let scales = panels.multipliedReportingOverflow(
      by: Self.rowsPerPanel * scaleSize * (panelSize.overflow ? 0 : scalesPerRow))
    let all = codes.partialValue.addingReportingOverflow(scales.partialValue)
    guard !panelSize.overflow, !codes.overflow, !scales.overflow, !all.overflow else { return nil }
    scalesOffset = codes.partialValue
    byteCount = all.partialValue
  }

  /// `count` divided by `size`, rounded up.
  private static func quotient(_ count: Int, _ size: Int) -> Int {
    count / size + (count % size == 0 ? 0 : 1)
  }

  /// The first byte of `group` of `panel`.
  public func blockOffset(panel: Int, group: Int) -> Int {
    (panel * groups + group) * blockSize
  }

  /// The first byte of the sixteen scales of `panel`, in `q4` those of `group`.
  public func scaleOffset(panel: Int, group: Int = 0) -> Int {
    let place = panel * scalesPerRow + (scalesPerRow == 1 ? 0 : group)
    return scalesOffset + place * Self.rowsPerPanel * scaleSize
  }
}
