package org.millrace.cli.eval.statistics;

import java.util.ArrayList;
import java.util.List;

/// Whether answers that a model is so sure of are so often right.
///
/// @param bins of equal width over 0 to 1, the empty ones too
public record Calibration(List<Bin> bins) {

    /// Answers whose probability is above `from` (the first bin: from 0 on) and at most `to`.
    ///
    /// @param confidence mean probability of these answers; 0 of none
    /// @param right of them
    public record Bin(double from, double to, int answers, double confidence, int right) {

        /// Share of them that are right; NaN of none.
        public double accuracy() {
            return (double) right / answers;
        }
    }

    public Calibration {
        bins = List.copyOf(bins);
    }

    /// @param confidences by answer: how likely the model calls it, 0 to 1
    /// @param right by answer: whether it is right
    /// @param count bins, at least 1
    public static Calibration of(double[] confidences, boolean[] right, int count) {
        int[] answers = new int[count];
        int[] rightOnes = new int[count];
        double[] sums = new double[count];
        for (int i = 0; i < confidences.length; i++) {
            int bin = Math.clamp((long) Math.ceil(confidences[i] * count) - 1, 0, count - 1);
            answers[bin]++;
            sums[bin] += confidences[i];
            rightOnes[bin] += right[i] ? 1 : 0;
        }
        List<Bin> bins = new ArrayList<>();
        for (int bin = 0; bin < count; bin++) {
            bins.add(new Bin(
                    (double) bin / count,
                    (bin + 1.0) / count,
                    answers[bin],
                    answers[bin] == 0 ? 0 : sums[bin] / answers[bin],
                    rightOnes[bin]));
        }
        return new Calibration(bins);
    }

    /// Expected calibration error: `Σ_b n_b/n · |right_b/n_b − confidence_b|`.
    ///
    /// - **Units:** a probability, 0 to 1; NaN of nothing.
    /// - **Source:** Naeini et al. 2015; Guo et al. 2017 (arXiv:1706.04599), of the likeliest answer.
    public double error() {
        int all = bins.stream().mapToInt(Bin::answers).sum();
        double sum = 0;
        for (Bin bin : bins) {
            sum += Math.abs(bin.right() - bin.confidence() * bin.answers());
        }
        return all == 0 ? Double.NaN : sum / all;
    }
}
