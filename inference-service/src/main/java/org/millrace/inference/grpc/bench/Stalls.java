package org.millrace.inference.grpc.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The longest gaps of as many windows of time, in milliseconds.
///
/// @param half half of the windows have none longer
/// @param most nine of ten have none longer
/// @param longest of all
record Stalls(double half, double most, double longest) {

    /// @param gaps the longest of each window, at least ten
    static Stalls of(List<Duration> gaps) {
        List<Double> sorted = new ArrayList<>();
        gaps.stream().sorted().forEach(gap -> sorted.add(gap.toNanos() / 1e6));
        int windows = sorted.size();
        return new Stalls(sorted.get(windows / 2 - 1), sorted.get(windows * 9 / 10 - 1), sorted.getLast());
    }
}
