// A block of a language model with 4 heads of 2, 2 key-value heads, and a gated feed-forward net.
func.func @main(%x: tensor<1x?x8xf32> {qnn.name = "x", qnn.dim_names = ["", "s", ""]}) -> (tensor<1x?x8xf32> {qnn.name = "y", qnn.dim_names = ["", "s", ""]}) {
  %n = qnn.constant dense<[1.0, 1.0, 40.0, 1.0, 1.0, 1.0, 1.0, 1.0]> : tensor<8xf32>
  %wq = qnn.constant dense<[[0.9, -0.2, 0.01, 0.7, -0.3, 0.5, 0.4, 0.8], [0.1, 0.6, -0.02, 0.2, 0.9, -0.5, 0.3, -0.8], [0.3, 0.5, 0.03, -0.9, 0.4, 0.2, 0.6, 0.1], [-0.7, 0.2, 0.04, 0.5, 0.1, 0.9, -0.4, 0.3], [0.2, 0.3, -0.01, 0.8, -0.6, 0.1, 0.5, 0.7], [0.4, 0.9, 0.02, -0.1, 0.2, 0.6, -0.3, 0.5], [0.8, -0.4, 0.03, 0.6, 0.5, -0.2, 0.1, 0.9], [-0.5, 0.7, 0.02, 0.3, 0.8, 0.4, 0.9, -0.1]]> : tensor<8x8xf32>
  %wkv = qnn.constant dense<[[0.6, -0.3, 0.02, 0.5, -0.1, 0.9, 0.2, 0.4], [0.2, 0.8, -0.03, 0.1, 0.7, -0.4, 0.6, -0.5], [-0.9, 0.4, 0.01, 0.3, 0.2, 0.5, -0.8, 0.1], [0.7, 0.1, 0.04, -0.6, 0.3, 0.2, 0.4, 0.9]]> : tensor<4x8xf32>
  %wd = qnn.constant dense<[[0.5, -0.7, 0.3, 0.2], [0.1, 0.4, 0.9, -0.6], [-0.8, 0.2, 0.6, 0.7], [0.3, 0.9, -0.1, 0.5], [0.6, 0.1, 0.4, -0.2], [0.2, -0.5, 0.8, 0.3], [0.9, 0.3, -0.4, 0.1], [-0.2, 0.6, 0.5, 0.8]]> : tensor<8x4xf32>
  %sq = qnn.constant dense<[1, -1, 4, 2]> : tensor<4xi64>
  %skv = qnn.constant dense<[1, -1, 2, 2]> : tensor<4xi64>
  %sr = qnn.constant dense<[1, 2, 2, -1, 2]> : tensor<5xi64>
  %sh = qnn.constant dense<[1, 4, -1, 2]> : tensor<4xi64>
  %so = qnn.constant dense<[1, -1, 8]> : tensor<3xi64>
  %one = qnn.constant dense<[1, 1, 2, 1, 1]> : tensor<5xi64>
  %h = qnn.rms_norm %x, %n {epsilon = 1.0e-5} : tensor<1x?x8xf32>, tensor<8xf32> -> tensor<1x?x8xf32> loc("norm1")
  %q = qnn.linear %h, %wq : tensor<1x?x8xf32>, tensor<8x8xf32> -> tensor<1x?x8xf32> loc("q")
  %k = qnn.linear %h, %wkv : tensor<1x?x8xf32>, tensor<4x8xf32> -> tensor<1x?x4xf32> loc("k")
  %v = qnn.linear %h, %wkv : tensor<1x?x8xf32>, tensor<4x8xf32> -> tensor<1x?x4xf32> loc("v")
  %q1 = qnn.reshape %q, %sq : tensor<1x?x8xf32>, tensor<4xi64> -> tensor<1x?x4x2xf32>
  %q2 = qnn.transpose %q1 perm [0, 2, 1, 3] : tensor<1x?x4x2xf32> -> tensor<1x4x?x2xf32>
  %k1 = qnn.reshape %k, %skv : tensor<1x?x4xf32>, tensor<4xi64> -> tensor<1x?x2x2xf32>
  %k2 = qnn.transpose %k1 perm [0, 2, 1, 3] : tensor<1x?x2x2xf32> -> tensor<1x2x?x2xf32>
  %k3 = qnn.unsqueeze %k2 axes [2] : tensor<1x2x?x2xf32> -> tensor<1x2x1x?x2xf32>
  %k4 = qnn.expand %k3, %one : tensor<1x2x1x?x2xf32>, tensor<5xi64> -> tensor<1x2x2x?x2xf32>
  %k5 = qnn.reshape %k4, %sh : tensor<1x2x2x?x2xf32>, tensor<4xi64> -> tensor<1x4x?x2xf32>
  %k6 = qnn.transpose %k5 perm [0, 1, 3, 2] : tensor<1x4x?x2xf32> -> tensor<1x4x2x?xf32>
  %v1 = qnn.reshape %v, %skv : tensor<1x?x4xf32>, tensor<4xi64> -> tensor<1x?x2x2xf32>
  %v2 = qnn.transpose %v1 perm [0, 2, 1, 3] : tensor<1x?x2x2xf32> -> tensor<1x2x?x2xf32>
  %v3 = qnn.unsqueeze %v2 axes [2] : tensor<1x2x?x2xf32> -> tensor<1x2x1x?x2xf32>
  %v4 = qnn.expand %v3, %one : tensor<1x2x1x?x2xf32>, tensor<5xi64> -> tensor<1x2x2x?x2xf32>
  %v5 = qnn.reshape %v4, %sh : tensor<1x2x2x?x2xf32>, tensor<4xi64> -> tensor<1x4x?x2xf32>
  %a = qnn.matmul %q2, %k6 : tensor<1x4x?x2xf32>, tensor<1x4x2x?xf32> -> tensor<1x4x?x?xf32>
  %p = qnn.softmax %a {axis = 3 : i64} : tensor<1x4x?x?xf32> -> tensor<1x4x?x?xf32>
  %c = qnn.matmul %p, %v5 : tensor<1x4x?x?xf32>, tensor<1x4x?x2xf32> -> tensor<1x4x?x2xf32>
  %c1 = qnn.transpose %c perm [0, 2, 1, 3] : tensor<1x4x?x2xf32> -> tensor<1x?x4x2xf32>
  %c2 = qnn.reshape %c1, %so : tensor<1x?x4x2xf32>, tensor<3xi64> -> tensor<1x?x8xf32>
  %o = qnn.linear %c2, %wq : tensor<1x?x8xf32>, tensor<8x8xf32> -> tensor<1x?x8xf32> loc("o")
  %r = qnn.add %x, %o : tensor<1x?x8xf32>, tensor<1x?x8xf32> -> tensor<1x?x8xf32> loc("res1")
  %h2 = qnn.rms_norm %r, %n {epsilon = 1.0e-5} : tensor<1x?x8xf32>, tensor<8xf32> -> tensor<1x?x8xf32> loc("norm2")
  %g = qnn.linear %h2, %wkv : tensor<1x?x8xf32>, tensor<4x8xf32> -> tensor<1x?x4xf32> loc("gate")
  %u = qnn.linear %h2, %wkv : tensor<1x?x8xf32>, tensor<4x8xf32> -> tensor<1x?x4xf32> loc("up")
  %s = qnn.silu %g : tensor<1x?x4xf32> -> tensor<1x?x4xf32> loc("silu")
  %m = qnn.mul %s, %u : tensor<1x?x4xf32>, tensor<1x?x4xf32> -> tensor<1x?x4xf32> loc("mul")
  %d = qnn.linear %m, %wd : tensor<1x?x4xf32>, tensor<8x4xf32> -> tensor<1x?x8xf32> loc("down")
  %y = qnn.add %r, %d : tensor<1x?x8xf32>, tensor<1x?x8xf32> -> tensor<1x?x8xf32> loc("res2")
  return %y : tensor<1x?x8xf32>
}
