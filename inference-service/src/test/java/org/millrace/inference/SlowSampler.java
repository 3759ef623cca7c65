package org.millrace.inference;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What [Sampler] does, with sorts and maps and one token after the other: slow and obvious.
final class SlowSampler {

    private SlowSampler() {}

    /// Shares with which the tokens are drawn, by id; those that cannot be drawn are absent.
    static Map<Integer, Double> shares(float[] logits, Sampling sampling, List<Integer> prompt, List<Integer> answer) {
        double[] changed = changed(logits, sampling, prompt, answer);
        List<Integer> order = byLikelihood(changed);
        if (sampling.temperature() == 0) {
            return Map.of(order.getFirst(), 1.0);
        }
        double[] weights = new double[changed.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.exp((changed[i] - changed[order.getFirst()]) / sampling.temperature());
        }
        List<Integer> kept = new ArrayList<>(order);
        kept.removeIf(i -> weights[i] < sampling.minP());
        if (sampling.topK() > 0 && kept.size() > sampling.topK()) {
            kept = kept.subList(0, sampling.topK());
        }
        double all = kept.stream().mapToDouble(i -> weights[i]).sum();
        Map<Integer, Double> shares = new HashMap<>();
        double mass = 0;
        for (int i : kept) {
            if (shares.isEmpty() || sampling.topP() == 1 || mass < sampling.topP() * all) {
                shares.put(i, weights[i]);
                mass += weights[i];
            }
        }
        double total = mass;
        shares.replaceAll((i, weight) -> weight / total);
        return shares;
    }

    /// Log-probabilities of all tokens, in nats: of the logits as they are, divided.
    static double[] logProbs(float[] logits, double divisor) {
        double[] logProbs = new double[logits.length];
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp((logit - max) / divisor);
        }
        for (int i = 0; i < logits.length; i++) {
            logProbs[i] = (logits[i] - max) / divisor - Math.log(sum);
        }
        return logProbs;
    }

    static List<Integer> byLikelihood(double[] logits) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < logits.length; i++) {
            order.add(i);
        }
        order.sort(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparing(i -> i));
        return order;
    }

    private static double[] changed(float[] logits, Sampling sampling, List<Integer> prompt, List<Integer> answer) {
        double[] changed = new double[logits.length];
        for (int i = 0; i < logits.length; i++) {
            int token = i;
            long times = answer.stream().filter(id -> id == token).count();
            float biased = logits[i] + sampling.bias().getOrDefault(i, 0f);
            double logit = biased;
            if (prompt.contains(i) || times > 0) {
                double factor = sampling.penalties().repetition();
                logit = logit > 0 ? logit / factor : logit * factor;
            }
            logit -= sampling.penalties().frequency() * times;
            logit -= times > 0 ? sampling.penalties().presence() : 0;
            changed[i] = (float) logit;
        }
        return changed;
    }
}
