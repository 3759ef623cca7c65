package org.millrace.trainer.torch;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.millrace.checkpoint.ModelConfig;

/// The forward pass once more, in loops of doubles over one sequence: what the tensors are
/// checked against. Letters as in [Decoder].
final class NaiveDecoder {

    private final ModelConfig config;
    private final Map<String, double[]> weights = new TreeMap<>();

    NaiveDecoder(Parameters parameters) {
        this.config = parameters.config();
        parameters.tensors().forEach((name, tensor) -> {
            float[] values = Parameters.values(tensor);
            weights.put(
                    name,
                    IntStream.range(0, values.length)
                            .mapToDouble(i -> values[i])
                            .toArray());
        });
    }

    /// Mean of the nats of each next token.
    double loss(int[] ids) {
        double[][] logits = outputs(ids); // (T, V)
        double nats = 0;
        for (int t = 0; t + 1 < ids.length; t++) {
            double total = 0;
            for (double logit : logits[t]) {
                total += Math.exp(logit);
            }
            nats += Math.log(total) - logits[t][ids[t + 1]];
        }
        return nats / (ids.length - 1);
    }

    /// Logits, or the one score, of every position.
    double[][] outputs(int[] ids) {
        int T = ids.length;
        int C = config.width();
        double[][] h = new double[T][C]; // (T, C)
        for (int t = 0; t < T; t++) {
            for (int c = 0; c < C; c++) {
                h[t][c] = weight("model.embed_tokens.weight")[ids[t] * C + c];
            }
        }
        for (int layer = 0; layer < config.layers(); layer++) {
            String at = "model.layers." + layer + ".";
            add(h, attention(norm(h, weight(at + "input_layernorm.weight")), at + "self_attn."));
            add(h, feedForward(norm(h, weight(at + "post_attention_layernorm.weight")), at + "mlp."));
        }
        double[][] last = norm(h, weight("model.norm.weight")); // (T, C)
        String head =
                config.scalarHead() ? "score.weight" : config.tied() ? "model.embed_tokens.weight" : "lm_head.weight";
        return product(last, weight(head)); // (T, V), or (T, 1)
    }

    private double[][] attention(double[][] a, String at) {
        int T = a.length;
        int D = config.headWidth();
        double[][] q = product(a, weight(at + "q_proj.weight")); // (T, H·D)
        double[][] k = product(a, weight(at + "k_proj.weight")); // (T, K·D)
        double[][] v = product(a, weight(at + "v_proj.weight")); // (T, K·D)
        double[][] mixed = new double[T][config.heads() * D]; // (T, H·D)
        for (int head = 0; head < config.heads(); head++) {
            int shared = head / (config.heads() / config.kvHeads());
            for (int t = 0; t < T; t++) {
                double[] query = turned(q[t], head * D, at + "q_norm.weight", t);
                double[] scores = new double[t + 1];
                double total = 0;
                for (int s = 0; s <= t; s++) {
                    double[] key = turned(k[s], shared * D, at + "k_norm.weight", s);
                    double dot = 0;
                    for (int d = 0; d < D; d++) {
                        dot += query[d] * key[d];
                    }
                    scores[s] = Math.exp(dot / Math.sqrt(D));
                    total += scores[s];
                }
                for (int s = 0; s <= t; s++) {
                    for (int d = 0; d < D; d++) {
                        mixed[t][head * D + d] += scores[s] / total * v[s][shared * D + d];
                    }
                }
            }
        }
        return product(mixed, weight(at + "o_proj.weight")); // (T, C)
    }

    /// One head's vector, normalised if the model does so, rotated to its position.
    private double[] turned(double[] all, int from, String norm, int position) {
        int D = config.headWidth();
        double[] x = new double[D];
        System.arraycopy(all, from, x, 0, D);
        if (config.qkNorm()) {
            x = norm(new double[][] {x}, weight(norm))[0];
        }
        double[] turned = new double[D];
        for (int i = 0; i < D / 2; i++) {
            double angle = position * Math.pow(config.ropeTheta(), -2.0 * i / D);
            turned[i] = x[i] * Math.cos(angle) - x[i + D / 2] * Math.sin(angle);
            turned[i + D / 2] = x[i + D / 2] * Math.cos(angle) + x[i] * Math.sin(angle);
        }
        return turned;
    }

    private double[][] feedForward(double[][] m, String at) {
        double[][] gate = product(m, weight(at + "gate_proj.weight")); // (T, F)
        double[][] up = product(m, weight(at + "up_proj.weight")); // (T, F)
        for (int t = 0; t < m.length; t++) {
            for (int f = 0; f < gate[t].length; f++) {
                gate[t][f] = gate[t][f] / (1 + Math.exp(-gate[t][f])) * up[t][f];
            }
        }
        return product(gate, weight(at + "down_proj.weight")); // (T, C)
    }

    private double[][] norm(double[][] x, double[] weight) {
        double[][] normed = new double[x.length][weight.length];
        for (int t = 0; t < x.length; t++) {
            double squares = 0;
            for (double value : x[t]) {
                squares += value * value;
            }
            double scale = 1 / Math.sqrt(squares / x[t].length + config.normEpsilon());
            for (int c = 0; c < weight.length; c++) {
                normed[t][c] = x[t][c] * scale * weight[c];
            }
        }
        return normed;
    }

    private static double[][] product(double[][] x, double[] weight) {
        int inputs = x[0].length;
        int outputs = weight.length / inputs;
        double[][] y = new double[x.length][outputs];
        for (int t = 0; t < x.length; t++) {
            for (int o = 0; o < outputs; o++) {
                for (int i = 0; i < inputs; i++) {
                    y[t][o] += x[t][i] * weight[o * inputs + i];
                }
            }
        }
        return y;
    }

    private static void add(double[][] h, double[][] more) {
        for (int t = 0; t < h.length; t++) {
            for (int c = 0; c < h[t].length; c++) {
                h[t][c] += more[t][c];
            }
        }
    }

    /// What may be changed between two passes.
    double[] weight(String name) {
        double[] weight = weights.get(name);
        if (weight == null) {
            throw new IllegalArgumentException(name);
        }
        return weight;
    }
}
