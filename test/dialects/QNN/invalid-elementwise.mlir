// One function breaks one rule of the elementwise ops (docs/semantics.md, E1 to E5).
// RUN: quant-opt %s -split-input-file -verify-diagnostics

// E3: the result of abs has the type of the operand.
func.func @abs_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.abs' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.abs %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of ceil has the type of the operand.
func.func @ceil_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.ceil' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.ceil %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of cos has the type of the operand.
func.func @cos_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.cos' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.cos %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of erf has the type of the operand.
func.func @erf_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.erf' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.erf %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of exp has the type of the operand.
func.func @exp_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.exp' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.exp %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of floor has the type of the operand.
func.func @floor_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.floor' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.floor %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of gelu has the type of the operand.
func.func @gelu_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.gelu' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.gelu %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of hard_swish has the type of the operand.
func.func @hard_swish_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.hard_swish' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.hard_swish %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of log has the type of the operand.
func.func @log_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.log' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.log %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of neg has the type of the operand.
func.func @neg_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.neg' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.neg %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of reciprocal has the type of the operand.
func.func @reciprocal_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.reciprocal' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.reciprocal %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of relu has the type of the operand.
func.func @relu_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.relu' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.relu %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of round has the type of the operand.
func.func @round_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.round' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.round %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of sigmoid has the type of the operand.
func.func @sigmoid_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.sigmoid' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.sigmoid %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of sign has the type of the operand.
func.func @sign_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.sign' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.sign %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of silu has the type of the operand.
func.func @silu_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.silu' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.silu %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of sin has the type of the operand.
func.func @sin_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.sin' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.sin %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of softplus has the type of the operand.
func.func @softplus_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.softplus' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.softplus %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of sqrt has the type of the operand.
func.func @sqrt_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.sqrt' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.sqrt %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of tanh has the type of the operand.
func.func @tanh_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.tanh' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x5xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.tanh %x : tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

// E3: the result of elu has the type of the operand.
func.func @elu_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.elu' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x4xf16>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.elu %x {alpha = 1.0 : f64} : tensor<2x4xf32> -> tensor<2x4xf16>
  return
}

// -----

// E3: the result of leaky_relu has the type of the operand.
func.func @leaky_relu_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.leaky_relu' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x4xf16>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.leaky_relu %x {alpha = 1.0 : f64} : tensor<2x4xf32> -> tensor<2x4xf16>
  return
}

// -----

// E3: the result of hard_sigmoid has the type of the operand.
func.func @hard_sigmoid_result(%x: tensor<2x4xf32>) {
  // expected-error@+2 {{'qnn.hard_sigmoid' op inferred type(s) 'tensor<2x4xf32>' are incompatible with return type(s) of operation 'tensor<2x4xf16>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.hard_sigmoid %x {alpha = 1.0 : f64, beta = 0.5 : f64} : tensor<2x4xf32> -> tensor<2x4xf16>
  return
}

// -----

// E3: not is for booleans.
func.func @not_floats(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{operand #0 must be ranked tensor of 1-bit signless integer values}}
  %r = qnn.not %x : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E4: clip has min <= max.
func.func @clip_order(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.clip' op expects min of at most max, but got 2.0}}
  %r = qnn.clip %x {min = 2.0 : f64, max = 1.0 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E4: a NaN is no bound.
func.func @clip_nan(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.clip' op expects min of at most max}}
  %r = qnn.clip %x {min = 0x7FF8000000000000 : f64, max = 1.0 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E5: cast keeps the shape.
func.func @cast_shape(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.cast' op expects a result of the input's shape, but got 'tensor<8xi8>'}}
  %r = qnn.cast %x : tensor<2x4xf32> -> tensor<8xi8>
  return
}

// -----

// E2: shapes of add broadcast.
func.func @add_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.add' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.add %x, %y : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E2: shapes of sub broadcast.
func.func @sub_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.sub' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.sub %x, %y : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E2: shapes of mul broadcast.
func.func @mul_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.mul' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.mul %x, %y : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E2: shapes of div broadcast.
func.func @div_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.div' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.div %x, %y : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E2: shapes of max broadcast.
func.func @max_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.max' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.max %x, %y : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E2: shapes of min broadcast.
func.func @min_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.min' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.min %x, %y : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E2: shapes of mod broadcast.
func.func @mod_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.mod' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.mod %x, %y : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E2: shapes of prelu broadcast.
func.func @prelu_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.prelu' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.prelu %x, %y : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E2: shapes of pow broadcast.
func.func @pow_broadcast(%x: tensor<2x4xf32>, %y: tensor<3xi64>) {
  // expected-error@+1 {{'qnn.pow' op expects shapes that broadcast, but got 2x4 and 3}}
  %r = qnn.pow %x, %y : tensor<2x4xf32>, tensor<3xi64> -> tensor<2x4xf32>
  return
}

// -----

// E1: operands of equal have one element type.
func.func @equal_elements(%x: tensor<4xf32>, %y: tensor<4xi64>) {
  // expected-error@+1 {{'qnn.equal' op expects a right operand of element type 'f32', but got 'i64'}}
  %r = qnn.equal %x, %y : tensor<4xf32>, tensor<4xi64> -> tensor<4xi1>
  return
}

// -----

// E1: operands of greater have one element type.
func.func @greater_elements(%x: tensor<4xf32>, %y: tensor<4xi64>) {
  // expected-error@+1 {{'qnn.greater' op expects a right operand of element type 'f32', but got 'i64'}}
  %r = qnn.greater %x, %y : tensor<4xf32>, tensor<4xi64> -> tensor<4xi1>
  return
}

// -----

// E1: operands of greater_equal have one element type.
func.func @greater_equal_elements(%x: tensor<4xf32>, %y: tensor<4xi64>) {
  // expected-error@+1 {{'qnn.greater_equal' op expects a right operand of element type 'f32', but got 'i64'}}
  %r = qnn.greater_equal %x, %y : tensor<4xf32>, tensor<4xi64> -> tensor<4xi1>
  return
}

// -----

// E1: operands of less have one element type.
func.func @less_elements(%x: tensor<4xf32>, %y: tensor<4xi64>) {
  // expected-error@+1 {{'qnn.less' op expects a right operand of element type 'f32', but got 'i64'}}
  %r = qnn.less %x, %y : tensor<4xf32>, tensor<4xi64> -> tensor<4xi1>
  return
}

// -----

// E1: operands of less_equal have one element type.
func.func @less_equal_elements(%x: tensor<4xf32>, %y: tensor<4xi64>) {
  // expected-error@+1 {{'qnn.less_equal' op expects a right operand of element type 'f32', but got 'i64'}}
  %r = qnn.less_equal %x, %y : tensor<4xf32>, tensor<4xi64> -> tensor<4xi1>
  return
}

// -----

// E3: a comparison gives i1.
func.func @less_result(%x: tensor<4xf32>) {
  // expected-error@+2 {{'qnn.less' op inferred type(s) 'tensor<4xi1>' are incompatible with return type(s) of operation 'tensor<4xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.less %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

// E2: shapes of and broadcast.
func.func @and_broadcast(%x: tensor<2xi1>, %y: tensor<3xi1>) {
  // expected-error@+1 {{'qnn.and' op expects shapes that broadcast, but got 2 and 3}}
  %r = qnn.and %x, %y : tensor<2xi1>, tensor<3xi1> -> tensor<3xi1>
  return
}

// -----

// E2: shapes of or broadcast.
func.func @or_broadcast(%x: tensor<2xi1>, %y: tensor<3xi1>) {
  // expected-error@+1 {{'qnn.or' op expects shapes that broadcast, but got 2 and 3}}
  %r = qnn.or %x, %y : tensor<2xi1>, tensor<3xi1> -> tensor<3xi1>
  return
}

// -----

// E2: shapes of xor broadcast.
func.func @xor_broadcast(%x: tensor<2xi1>, %y: tensor<3xi1>) {
  // expected-error@+1 {{'qnn.xor' op expects shapes that broadcast, but got 2 and 3}}
  %r = qnn.xor %x, %y : tensor<2xi1>, tensor<3xi1> -> tensor<3xi1>
  return
}

// -----

// E2: the condition broadcasts with both.
func.func @where_condition(%c: tensor<5xi1>, %x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.where' op expects shapes that broadcast, but got 5 and 2x4}}
  %r = qnn.where %c, %x, %x : tensor<5xi1>, tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// E1: both choices have one element type.
func.func @where_elements(%c: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf16>) {
  // expected-error@+1 {{'qnn.where' op expects a right operand of element type 'f32', but got 'f16'}}
  %r = qnn.where %c, %x, %y : tensor<4xi1>, tensor<4xf32>, tensor<4xf16> -> tensor<4xf32>
  return
}
