import CEPTKernels

/// The C loops for this processor.
///
/// The table holds addresses of functions and never changes.
let kernels: ept_kernels = {
  guard let table = ept_kernels_for(ept_isa_chosen()) ?? ept_kernels_for(EPT_ISA_SCALAR) else {
    preconditionFailure("the scalar loops are always there")
  }
  return table.pointee
}()
