// A generated module written by hand: y[n, 3] = x[n, 3] * [1, 2, 3].
module attributes {
  qnn.model_name = "scale",
  qnn.inputs = [{name = "x", dtype = 1 : i32, dims = array<i64: -1, 3>, dim_names = ["n", ""]}],
  qnn.outputs = [{name = "y", dtype = 1 : i32, dims = array<i64: -1, 3>, dim_names = ["n", ""]}],
  qnn.node_names = ["mul"], qnn.observer_names = [], qnn.frame_bytes = 8 : i64,
  qnn.packed_weights = dense<[0, 0, -128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 0, 0]> : tensor<16xi8>
} {
  llvm.func @bw_scale_plan(%in: !llvm.ptr, %out: !llvm.ptr, %frame: !llvm.ptr, %info: !llvm.ptr) -> i32 {
    %c0 = llvm.mlir.constant(0 : i32) : i32
    %c1 = llvm.mlir.constant(1 : i32) : i32
    %c64 = llvm.mlir.constant(64 : i64) : i64
    %c3 = llvm.mlir.constant(3 : i64) : i64
    %big = llvm.mlir.constant(1000 : i64) : i64
    %zero = llvm.mlir.constant(0 : i64) : i64
    %error = llvm.mlir.constant(3 : i32) : i32
    %n = llvm.load %in : !llvm.ptr -> i64
    %bad = llvm.icmp "sgt" %n, %big : i64
    llvm.cond_br %bad, ^fail, ^ok
  ^fail:
    %node = llvm.getelementptr %info[2] : (!llvm.ptr) -> !llvm.ptr, i64
    llvm.store %zero, %node : i64, !llvm.ptr
    llvm.return %error : i32
  ^ok:
    llvm.store %n, %out : i64, !llvm.ptr
    %second = llvm.getelementptr %out[1] : (!llvm.ptr) -> !llvm.ptr, i64
    llvm.store %c3, %second : i64, !llvm.ptr
    llvm.store %n, %frame : i64, !llvm.ptr
    llvm.store %c64, %info : i64, !llvm.ptr
    %scratch = llvm.getelementptr %info[1] : (!llvm.ptr) -> !llvm.ptr, i64
    llvm.store %zero, %scratch : i64, !llvm.ptr
    llvm.return %c0 : i32
  }
  llvm.func internal @row(%args: !llvm.ptr, %scratch: !llvm.ptr, %begin: i64, %end: i64) {
    %one = llvm.mlir.constant(1 : i64) : i64
    %three = llvm.mlir.constant(3 : i64) : i64
    %x = llvm.load %args : !llvm.ptr -> !llvm.ptr
    %yAddress = llvm.getelementptr %args[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %y = llvm.load %yAddress : !llvm.ptr -> !llvm.ptr
    %wAddress = llvm.getelementptr %args[2] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %w = llvm.load %wAddress : !llvm.ptr -> !llvm.ptr
    %first = llvm.mul %begin, %three : i64
    %last = llvm.mul %end, %three : i64
    llvm.br ^head(%first : i64)
  ^head(%i: i64):
    %more = llvm.icmp "slt" %i, %last : i64
    llvm.cond_br %more, ^body, ^exit
  ^body:
    %column = llvm.srem %i, %three : i64
    %xi = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %wi = llvm.getelementptr %w[%column] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %yi = llvm.getelementptr %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %xv = llvm.load %xi : !llvm.ptr -> f32
    %wv = llvm.load %wi : !llvm.ptr -> f32
    %p = llvm.fmul %xv, %wv : f32
    llvm.store %p, %yi : f32, !llvm.ptr
    %next = llvm.add %i, %one : i64
    llvm.br ^head(%next : i64)
  ^exit:
    llvm.return
  }
  llvm.func @bw_scale_invoke(%exec: !llvm.ptr, %frame: !llvm.ptr, %inputs: !llvm.ptr, %outputs: !llvm.ptr,
                             %arena: !llvm.ptr, %weights: !llvm.ptr) -> i32 {
    %c0 = llvm.mlir.constant(0 : i32) : i32
    %one = llvm.mlir.constant(1 : i64) : i64
    %n = llvm.load %frame : !llvm.ptr -> i64
    %x = llvm.load %inputs : !llvm.ptr -> !llvm.ptr
    %y = llvm.load %outputs : !llvm.ptr -> !llvm.ptr
    llvm.store %x, %arena : !llvm.ptr, !llvm.ptr
    %yAddress = llvm.getelementptr %arena[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    llvm.store %y, %yAddress : !llvm.ptr, !llvm.ptr
    %wAddress = llvm.getelementptr %arena[2] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    llvm.store %weights, %wAddress : !llvm.ptr, !llvm.ptr
    %body = llvm.mlir.addressof @row : !llvm.ptr
    %run = llvm.load %exec : !llvm.ptr -> !llvm.ptr
    llvm.call %run(%exec, %body, %arena, %n, %one) : !llvm.ptr, (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64) -> ()
    llvm.return %c0 : i32
  }
}
