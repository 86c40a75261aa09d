// What a plan may not say.
// RUN: quant-opt %s -split-input-file -verify-diagnostics

// A dimension is one of the input.
func.func @main(%arg0: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error@+1 {{'kernel.dim' op expects an axis of 'tensor<?xf32>', but got 1}}
  %n = kernel.dim %arg0, 1 : tensor<?xf32>
  return %arg0 : tensor<?xf32>
}

// -----

// Sizes are of inputs, not of what is computed.
func.func @main(%arg0: tensor<?xf32>) -> tensor<?xf32> {
  %0 = qnn.exp %arg0 : tensor<?xf32> -> tensor<?xf32>
  // expected-error@+1 {{'kernel.dim' op expects an argument of the function}}
  %n = kernel.dim %0, 0 : tensor<?xf32>
  return %arg0 : tensor<?xf32>
}

// -----

// A size for each dimension.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'kernel.input' op expects a size for each dimension of 'tensor<4xf32>', but got 2}}
  %x = kernel.input %arg0 [4, 1] : tensor<4xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A constant size is that of the type.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'kernel.input' op expects dimension 0 to be that of 'tensor<4xf32>', but got 5}}
  %x = kernel.input %arg0 [5] : tensor<4xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// An output is a result of the function.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.output' op expects the number of a result, of which there are 1}}
  %o = kernel.output 1 [4] : tensor<4xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// An output has the elements of its result.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.output' op expects as many elements of the type as result 0 has, 'tensor<4xf32>', but got 'tensor<5xf32>'}}
  %o = kernel.output 0 [5] : tensor<5xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A view is no larger than what it views.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.view' op expects at most the 16 bytes of 'tensor<4xf32>', but got 20}}
  %v = kernel.view %x [5] : tensor<4xf32> -> tensor<5xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// What repeats is a dimension.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.view' op expects 'repeat' to be a dimension of 'tensor<8xf32>' and how often its entries are repeated}}
  %v = kernel.view %x [4] repeat [1, 2] : tensor<4xf32> -> tensor<8xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A repeated dimension has its entries so many times.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.view' op expects dimension 0 to be that of 'tensor<8xf32>', but got 12}}
  %v = kernel.view %x [4] repeat [0, 3] : tensor<4xf32> -> tensor<8xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A view keeps the type of the elements.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.view' op expects elements of one type}}
  %v = kernel.view %x [4] : tensor<4xf32> -> tensor<4xi32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// The first bytes of the arena are taken.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.buffer' op expects an offset behind the error word that is a multiple of 64, but got 32}}
  %b = kernel.buffer at 32 bytes 64 live [0, 0] [4] : tensor<4xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A buffer of a negative size.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.buffer' op expects 'bytes' to be a size of at most 64 TiB}}
  %b = kernel.buffer at 64 bytes -64 live [0, 0] [4] : tensor<4xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A buffer holds its tensor.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.buffer' op expects 16 bytes for 'tensor<4xf32>', but got 8}}
  %b = kernel.buffer at 64 bytes 8 live [0, 0] [4] : tensor<4xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A life begins before it ends.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.buffer' op expects 'live' to be the first and the last step}}
  %b = kernel.buffer at 64 bytes 64 live [2, 1] [4] : tensor<4xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// Only one op computes; the others follow it element by element.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op expects elementwise ops behind the first, but got 'qnn.softmax'}}
  %y = kernel.launch reads(%x full : tensor<4xf32>) into(%o : tensor<4xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    %1 = qnn.softmax %0 {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %1 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// A softmax takes no epilogue.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op expects nothing behind 'qnn.softmax', which takes no epilogue}}
  %y = kernel.launch into(%o : tensor<4xf32>) {
    %0 = qnn.softmax %x {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    %1 = qnn.exp %0 : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %1 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// A constant is computed by no kernel.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op expects ops that a kernel computes, but got 'qnn.constant'}}
  %y = kernel.launch into(%o : tensor<4xf32>) {
    %0 = qnn.constant dense<1.0> : tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// The last op is stored.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op expects to yield the results of the last op}}
  %y = kernel.launch reads(%x full : tensor<4xf32>) into(%o : tensor<4xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    %1 = qnn.sqrt %0 : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// A launch without an op.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op expects an op}}
  %y = kernel.launch into(%o : tensor<4xf32>) {
    kernel.yield %x : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// What is read is listed.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op expects 'reads' to list what the elementwise ops read, in order}}
  %y = kernel.launch into(%o : tensor<4xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// One element is no row of four.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op cannot read 'tensor<4xf32>' as 'scalar'}}
  %y = kernel.launch reads(%x scalar : tensor<4xf32>) into(%o : tensor<4xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// An access has one of four names.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{expects full, column, scalar or broadcast, but got 'row'}}
  %y = kernel.launch reads(%x row : tensor<4xf32>) into(%o : tensor<4xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// Behind a contraction nothing broadcasts.
func.func @main(%arg0: tensor<3x4xf32>, %arg1: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %x = kernel.input %arg0 [3, 4] : tensor<3x4xf32>
  %r = kernel.input %arg1 [3, 1] : tensor<3x1xf32>
  %w = qnn.constant dense<1.0> : tensor<2x4xf32>
  %o = kernel.output 0 [3, 2] : tensor<3x2xf32>
  // expected-error@+1 {{'kernel.launch' op expects no broadcast behind 'qnn.linear'}}
  %y = kernel.launch reads(%r broadcast : tensor<3x1xf32>) into(%o : tensor<3x2xf32>) {
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
    %1 = qnn.mul %0, %r : tensor<3x2xf32>, tensor<3x1xf32> -> tensor<3x2xf32>
    kernel.yield %1 : tensor<3x2xf32>
  }
  kernel.return %y : tensor<3x2xf32> arena 64
}

// -----

// A buffer is for the type of the result.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [2, 2] : tensor<2x2xf32>
  // expected-error@+1 {{'kernel.launch' op expects a buffer for each result of the last op}}
  %y = kernel.launch reads(%x full : tensor<4xf32>) into(%o : tensor<2x2xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// An input is not written.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op expects to write into a buffer or an output}}
  %y = kernel.launch reads(%x full : tensor<4xf32>) into(%x : tensor<4xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// A buffer has one writer, and is read through what was written.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op expects to be all that names its buffer}}
  %y = kernel.launch reads(%x full : tensor<4xf32>) into(%o : tensor<4xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  // expected-note@+1 {{see another}}
  %v = kernel.view %o [2, 2] : tensor<4xf32> -> tensor<2x2xf32>
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// The bounds of a slice are sizes.
func.func @main(%arg0: tensor<4xf32>, %arg1: tensor<1xi64>) -> tensor<?xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %i = kernel.input %arg1 [1] : tensor<1xi64>
  %s = qnn.constant dense<1> : tensor<1xi64>
  %o = kernel.output 0 [4] : tensor<?xf32>
  // expected-error@+1 {{'kernel.launch' op expects operand 1 of 'qnn.slice' to be made of sizes}}
  %y = kernel.launch into(%o : tensor<?xf32>) {
    %0 = qnn.slice %x, %i, %s, %s axes [0] : tensor<4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?xf32>
    kernel.yield %0 : tensor<?xf32>
  }
  kernel.return %y : tensor<?xf32> arena 64
}

// -----

// As many sizes as elements.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.sizes' op expects as many elements as 'tensor<2xi64>' has, but got 1}}
  %s = kernel.sizes [3] : tensor<2xi64>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A condition is one element.
func.func @main(%arg0: tensor<2xi1>) {
  %c = kernel.input %arg0 [2] : tensor<2xi1>
  // expected-error@+1 {{'kernel.if' op expects a condition of one element, but got 'tensor<2xi1>'}}
  kernel.if %c : tensor<2xi1> {
  } else {
  }
  kernel.return arena 64
}

// -----

// Both regions yield what the buffers take.
func.func @main(%arg0: tensor<i1>) -> tensor<i1> {
  %c = kernel.input %arg0 [] : tensor<i1>
  %o = kernel.output 0 [] : tensor<i1>
  // expected-error@+1 {{'kernel.if' op expects both regions to yield 1 results}}
  %y = kernel.if %c : tensor<i1> into(%o : tensor<i1>) {
    kernel.yield %c : tensor<i1>
  } else {
  }
  kernel.return %y : tensor<i1> arena 64
}

// -----

// Requirements come first.
func.func @main(%arg0: tensor<4xf32>, %arg1: tensor<?xi1>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %n = kernel.dim %arg1, 0 : tensor<?xi1>
  %c = kernel.input %arg1 [%n] : tensor<?xi1>
  %o = kernel.output 0 [4] : tensor<4xf32>
  kernel.if %c : tensor<?xi1> {
    %y = kernel.launch reads(%x full : tensor<4xf32>) into(%o : tensor<4xf32>) {
      %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
      kernel.yield %0 : tensor<4xf32>
    }
    // expected-error@+1 {{'kernel.require' op expects to stand at the start of the region}}
    kernel.require %n, "no condition"
  } else {
  }
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// The results are those of the function.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.return' op expects the results of the function}}
  kernel.return arena 64
}

// -----

// An arena has an error word.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.return' op expects an arena of at least 64 bytes, for the error word, and at most 64 TiB}}
  kernel.return %x : tensor<4xf32> arena 0
}

// -----

// Nothing but the plan stands in a planned function.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'qnn.exp' op expects to be part of a launch, as this function is planned}}
  %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
  kernel.return %x : tensor<4xf32> arena 64
}

// -----

// A tensor is read while its buffer is alive.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.buffer' op is used in step 1, but alive from 0 to 0}}
  %b = kernel.buffer at 64 bytes 64 live [0, 0] [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  %y = kernel.launch into(%b : tensor<4xf32>) {
    %0 = qnn.softmax %x {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  // expected-note@+1 {{used here}}
  %z = kernel.launch into(%o : tensor<4xf32>) {
    %0 = qnn.softmax %y {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %z : tensor<4xf32> arena 128
}

// -----

// A view is read while the buffer behind it is alive.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.buffer' op is used in step 1, but alive from 0 to 0}}
  %b = kernel.buffer at 64 bytes 64 live [0, 0] [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  %y = kernel.launch into(%b : tensor<4xf32>) {
    %0 = qnn.softmax %x {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  %v = kernel.view %y [4] : tensor<4xf32> -> tensor<4xf32>
  // expected-note@+1 {{used here}}
  %z = kernel.launch into(%o : tensor<4xf32>) {
    %0 = qnn.softmax %v {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %z : tensor<4xf32> arena 128
}

// -----

// Buffers that are alive together do not overlap.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-note@+1 {{this one}}
  %b = kernel.buffer at 64 bytes 128 live [0, 1] [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.buffer' op shares memory with a buffer that is alive with it}}
  %c = kernel.buffer at 128 bytes 64 live [1, 2] [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  %y = kernel.launch into(%b : tensor<4xf32>) {
    %0 = qnn.softmax %x {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  %z = kernel.launch into(%c : tensor<4xf32>) {
    %0 = qnn.softmax %y {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  %u = kernel.launch into(%o : tensor<4xf32>) {
    %0 = qnn.softmax %z {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %u : tensor<4xf32> arena 256
}

// -----

// A buffer ends inside the arena.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.buffer' op expects to end within the 128 bytes of the arena, but ends at 192}}
  %b = kernel.buffer at 64 bytes 128 live [0, 1] [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  %y = kernel.launch into(%b : tensor<4xf32>) {
    %0 = qnn.softmax %x {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  %z = kernel.launch into(%o : tensor<4xf32>) {
    %0 = qnn.softmax %y {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %z : tensor<4xf32> arena 128
}

// -----

// An argument is read through its kernel.input.
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %o = kernel.output 0 [4] : tensor<4xf32>
  // expected-error@+1 {{'kernel.launch' op reads a tensor of type 'tensor<4xf32>' that does not lie in memory}}
  %y = kernel.launch into(%o : tensor<4xf32>) {
    %0 = qnn.softmax %arg0 {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %0 : tensor<4xf32>
  }
  kernel.return %y : tensor<4xf32> arena 64
}

// -----

// Sizes that lie nowhere are no data.
func.func @main() -> tensor<1xi64> {
  %s = kernel.sizes [3] : tensor<1xi64>
  // expected-error@+1 {{'kernel.return' op reads a tensor of type 'tensor<1xi64>' that does not lie in memory}}
  kernel.return %s : tensor<1xi64> arena 64
}
