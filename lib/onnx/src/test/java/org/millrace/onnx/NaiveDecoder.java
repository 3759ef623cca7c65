package org.millrace.onnx;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SortedMap;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorData;

/// The decoder as its papers write it: one row, no cache, plain loops in `double`. What [DecoderGraph] is
/// held against.
final class NaiveDecoder {

    private final ModelConfig c;
    private final SortedMap<String, TensorData> weights;

    NaiveDecoder(ModelConfig config, SortedMap<String, TensorData> weights) {
        this.c = config;
        this.weights = weights;
    }

    /// Logits of every position, (T,V); with a scalar head scores, (T,1).
    double[][] forward(int... tokens) {
        double[][] x = new double[tokens.length][];
        double[][] embedding = matrix("model.embed_tokens.weight");
        for (int t = 0; t < tokens.length; t++) {
            x[t] = embedding[tokens[t]].clone();
        }
        for (int layer = 0; layer < c.layers(); layer++) {
            String block = "model.layers." + layer + ".";
            add(x, attention(block, rmsNorm(x, vector(block + "input_layernorm.weight"))));
            add(x, swiGlu(block, rmsNorm(x, vector(block + "post_attention_layernorm.weight"))));
        }
        String head = c.scalarHead() ? "score.weight" : c.tied() ? "model.embed_tokens.weight" : "lm_head.weight";
        return times(rmsNorm(x, vector("model.norm.weight")), matrix(head));
    }

    private double[][] attention(String block, double[][] x) {
        double[][] q = times(x, matrix(block + "self_attn.q_proj.weight"));
        double[][] k = times(x, matrix(block + "self_attn.k_proj.weight"));
        double[][] v = times(x, matrix(block + "self_attn.v_proj.weight"));
        int width = c.headWidth();
        double[][] mixed = new double[x.length][c.heads() * width];
        for (int head = 0; head < c.heads(); head++) {
            int keyHead = head / (c.heads() / c.kvHeads());
            double[][] queries = perHead(q, head, block + "self_attn.q_norm.weight");
            double[][] keys = perHead(k, keyHead, block + "self_attn.k_norm.weight");
            for (int t = 0; t < x.length; t++) {
                double[] shares = new double[t + 1];
                for (int s = 0; s <= t; s++) {
                    shares[s] = dot(queries[t], keys[s]) / Math.sqrt(width);
                }
                softmax(shares);
                for (int s = 0; s <= t; s++) {
                    for (int d = 0; d < width; d++) {
                        mixed[t][head * width + d] += shares[s] * v[s][keyHead * width + d];
                    }
                }
            }
        }
        return times(mixed, matrix(block + "self_attn.o_proj.weight"));
    }

    private double[][] perHead(double[][] x, int head, String norm) {
        double[][] rows = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            rows[t] = Arrays.copyOfRange(x[t], head * c.headWidth(), (head + 1) * c.headWidth());
        }
        if (c.qkNorm()) {
            rows = rmsNorm(rows, vector(norm));
        }
        for (int t = 0; t < x.length; t++) {
            rotate(rows[t], t);
        }
        return rows;
    }

    private void rotate(double[] x, int position) {
        int half = x.length / 2;
        for (int d = 0; d < half; d++) {
            double angle = position / Math.pow(c.ropeTheta(), 2.0 * d / x.length);
            double first = x[d];
            double second = x[d + half];
            x[d] = first * Math.cos(angle) - second * Math.sin(angle);
            x[d + half] = second * Math.cos(angle) + first * Math.sin(angle);
        }
    }

    private double[][] swiGlu(String block, double[][] x) {
        double[][] gate = times(x, matrix(block + "mlp.gate_proj.weight"));
        double[][] up = times(x, matrix(block + "mlp.up_proj.weight"));
        for (int t = 0; t < x.length; t++) {
            for (int f = 0; f < c.hidden(); f++) {
                gate[t][f] *= up[t][f] / (1 + Math.exp(-gate[t][f]));
            }
        }
        return times(gate, matrix(block + "mlp.down_proj.weight"));
    }

    private double[][] rmsNorm(double[][] x, double[] weight) {
        double[][] normed = new double[x.length][weight.length];
        for (int t = 0; t < x.length; t++) {
            double scale = 1 / Math.sqrt(dot(x[t], x[t]) / weight.length + c.normEpsilon());
            for (int i = 0; i < weight.length; i++) {
                normed[t][i] = x[t][i] * scale * weight[i];
            }
        }
        return normed;
    }

    private static void softmax(double[] x) {
        double max = Arrays.stream(x).max().orElseThrow();
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.exp(x[i] - max);
            sum += x[i];
        }
        for (int i = 0; i < x.length; i++) {
            x[i] /= sum;
        }
    }

    private static double[][] times(double[][] x, double[][] weight) {
        double[][] product = new double[x.length][weight.length];
        for (int t = 0; t < x.length; t++) {
            for (int out = 0; out < weight.length; out++) {
                product[t][out] = dot(x[t], weight[out]);
            }
        }
        return product;
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    private static void add(double[][] x, double[][] y) {
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                x[t][i] += y[t][i];
            }
        }
    }

    private double[] vector(String name) {
        FloatBuffer values = values(name);
        double[] vector = new double[values.remaining()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = values.get(i);
        }
        return vector;
    }

    private double[][] matrix(String name) {
        FloatBuffer values = values(name);
        int columns = values.remaining() / rows(name);
        double[][] matrix = new double[rows(name)][columns];
        for (int row = 0; row < matrix.length; row++) {
            for (int column = 0; column < columns; column++) {
                matrix[row][column] = values.get(row * columns + column);
            }
        }
        return matrix;
    }

    private int rows(String name) {
        return Math.toIntExact(tensor(name).shape()[0]);
    }

    private FloatBuffer values(String name) {
        return tensor(name).values();
    }

    private TensorData tensor(String name) {
        TensorData tensor = weights.get(name);
        if (tensor == null) {
            throw new IllegalStateException("no weight " + name);
        }
        return tensor;
    }
}
