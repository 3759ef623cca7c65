package org.millrace.cleaner.quality;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.millrace.cleaner.language.Tokens;

/// Learns a [QualityModel] from labelled texts by stochastic gradient descent with a step of its own for
/// each weight (AdaGrad). The same examples in the same order give the same bytes.
///
/// One text in ten is held out, chosen by its words alone: copies of a text are all on one side.
public final class QualityTraining {

    private static final int HELD_OUT = 10;
    private static final double RATE = 0.5;
    private static final double DECAY = 1e-6;

    private final int epochs;
    private final long seed;
    private final List<Example> trained = new ArrayList<>();
    private final List<Example> heldOut = new ArrayList<>();

    private record Example(int[] features, double label) {

        boolean isGood() {
            return label >= 0.5;
        }
    }

    /// @param accuracy share of the held-out texts on whose right side of 0.5 the score lies
    /// @param auc how often a good held-out text scores above a bad one
    public record Trained(QualityModel model, int examples, int heldOut, double accuracy, double auc) {}

    /// @param epochs times that each text is learned from
    public QualityTraining(int epochs, long seed) {
        this.epochs = epochs;
        this.seed = seed;
    }

    /// @param label 1 good, 0 bad, or between
    public void add(String text, double label) {
        int[] features = Features.of(Tokens.of(text));
        boolean held = Math.floorMod(Arrays.hashCode(features) * 0x9E3779B9, HELD_OUT) == 0;
        (held ? heldOut : trained).add(new Example(features, label));
    }

    /// @throws IllegalArgumentException if there are not both good and bad texts on either side
    public Trained train() {
        requireBoth("to learn from", trained);
        requireBoth("held out", heldOut);
        float[] weights = new float[Features.BUCKETS];
        float[] squares = new float[Features.BUCKETS + 1];
        float bias = 0;
        List<Example> order = new ArrayList<>(trained);
        Random random = new Random(seed);
        for (int epoch = 0; epoch < epochs; epoch++) {
            Collections.shuffle(order, random);
            for (Example example : order) {
                double error = new QualityModel(bias, weights).score(example.features) - example.label;
                double step = error / Math.sqrt(Math.max(1, example.features.length));
                for (int bucket : example.features) {
                    double gradient = step + DECAY * weights[bucket];
                    squares[bucket] += (float) (gradient * gradient);
                    weights[bucket] -= (float) (RATE * gradient / Math.sqrt(squares[bucket] + 1e-8));
                }
                squares[Features.BUCKETS] += (float) (error * error);
                bias -= (float) (RATE * error / Math.sqrt(squares[Features.BUCKETS] + 1e-8));
            }
        }
        QualityModel model = new QualityModel(bias, weights);
        return new Trained(model, trained.size(), heldOut.size(), accuracy(model), auc(model));
    }

    private static void requireBoth(String use, List<Example> examples) {
        long good = examples.stream().filter(Example::isGood).count();
        if (good == 0 || good == examples.size()) {
            throw new IllegalArgumentException(
                    "examples %s: expected good and bad ones, got %d good and %d bad; add more lines"
                            .formatted(use, good, examples.size() - good));
        }
    }

    private double accuracy(QualityModel model) {
        long right = heldOut.stream()
                .filter(example -> model.score(example.features) >= 0.5 == example.isGood())
                .count();
        return (double) right / heldOut.size();
    }

    private double auc(QualityModel model) {
        double[] good = scores(model, true);
        double[] bad = scores(model, false);
        return auc(good, bad);
    }

    private double[] scores(QualityModel model, boolean good) {
        return heldOut.stream()
                .filter(example -> example.isGood() == good)
                .mapToDouble(example -> model.score(example.features))
                .toArray();
    }

    /// Share of all pairs in which the good one scores higher; equal scores count half.
    static double auc(double[] good, double[] bad) {
        double[] sorted = bad.clone();
        Arrays.sort(sorted);
        double above = 0;
        for (double score : good) {
            above += (lower(sorted, score, false) + lower(sorted, score, true)) / 2.0;
        }
        return above / good.length / bad.length;
    }

    /// How many of the sorted values lie below, or below and at, the score.
    private static int lower(double[] sorted, double score, boolean orEqual) {
        int from = 0;
        int to = sorted.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (sorted[middle] < score || orEqual && sorted[middle] == score) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }
}
