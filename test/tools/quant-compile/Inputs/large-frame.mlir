// A generated module that keeps 20000 bytes on the stack of whoever runs it.
module attributes {
  qnn.model_name = "large", qnn.inputs = [], qnn.outputs = [], qnn.node_names = [], qnn.observer_names = [],
  qnn.frame_bytes = 0 : i64, qnn.target = #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v2", "">
} {
  llvm.func @bw_large_plan(%in: !llvm.ptr, %out: !llvm.ptr, %frame: !llvm.ptr, %info: !llvm.ptr) -> i32 {
    %c0 = llvm.mlir.constant(0 : i32) : i32
    llvm.return %c0 : i32
  }
  llvm.func @bw_large_invoke(%exec: !llvm.ptr, %frame: !llvm.ptr, %inputs: !llvm.ptr, %outputs: !llvm.ptr,
                             %arena: !llvm.ptr, %weights: !llvm.ptr) -> i32 {
    %c0 = llvm.mlir.constant(0 : i32) : i32
    %bytes = llvm.mlir.constant(20000 : i64) : i64
    %memory = llvm.alloca %bytes x i8 : (i64) -> !llvm.ptr
    %observe = llvm.load %exec : !llvm.ptr -> !llvm.ptr
    llvm.call %observe(%memory) : !llvm.ptr, (!llvm.ptr) -> ()
    llvm.return %c0 : i32
  }
}
