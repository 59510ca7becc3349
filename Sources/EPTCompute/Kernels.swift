import CEPTKernels

/// The C loops for this processor.
///
/// The table holds addresses of functions and never changes.
package let kernels: ept_kernels = {
  guard let table = ept_kernels_for(ept_isa_chosen()) ?? ept_kernels_for(EPT_ISA_SCALAR) else {
    preconditionFailure("the scalar loops are always there")
  }
  return table.pointee
}()

/// The instruction set of the C loops.
package enum InstructionSet {
  /// As the environment's `EPT_ISA` calls it.
  package static var name: String { String(cString: ept_isa_name(ept_isa_chosen())) }
}

/// Attention between int8 products: in bfloat16 where the processor has it.
///
/// Its inputs come from int8 products, whose error is larger than bfloat16's rounding.
package let roundedAttention: ept_attention_kernels =
  ept_bf16_attention_for(ept_isa_chosen())?.pointee ?? kernels.attention

/// The int8 C loops for this processor; this table never changes either.
package let int8Kernels: ept_int8_kernels = {
  let table =
    ept_int8_kernels_for(Int32(ept_isa_chosen().rawValue))
    ?? ept_int8_kernels_for(Int32(EPT_ISA_SCALAR.rawValue))
  guard let table else { preconditionFailure("the scalar loops are always there") }
  return table.pointee
}()
