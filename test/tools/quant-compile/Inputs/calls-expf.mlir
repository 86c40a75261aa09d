// A generated module whose code needs a function that no artifact may need.
module attributes {
  qnn.model_name = "bad", qnn.inputs = [], qnn.outputs = [], qnn.node_names = [], qnn.observer_names = [],
  qnn.frame_bytes = 0 : i64
} {
  llvm.func @expf(f32) -> f32
  llvm.func @bw_bad_plan(%in: !llvm.ptr, %out: !llvm.ptr, %frame: !llvm.ptr, %info: !llvm.ptr) -> i32 {
    %c0 = llvm.mlir.constant(0 : i32) : i32
    llvm.return %c0 : i32
  }
  llvm.func @bw_bad_invoke(%exec: !llvm.ptr, %frame: !llvm.ptr, %inputs: !llvm.ptr, %outputs: !llvm.ptr,
                           %arena: !llvm.ptr, %weights: !llvm.ptr) -> i32 {
    %x = llvm.load %weights : !llvm.ptr -> f32
    %y = llvm.call @expf(%x) : (f32) -> f32
    %i = llvm.fptosi %y : f32 to i32
    llvm.return %i : i32
  }
}
