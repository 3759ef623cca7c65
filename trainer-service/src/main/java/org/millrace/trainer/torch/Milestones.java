package org.millrace.trainer.torch;

/// Tells when the next of n evenly spaced points of a budget is passed. The end is not one of
/// them.
final class Milestones implements TrainingState.Part {

    private final int count;
    private int passed;

    /// @param count 0: never
    Milestones(int count) {
        this.count = count;
    }

    @Override
    public void tell(TrainingState state) {
        state.put("milestones", passed);
    }

    @Override
    public void take(TrainingState state) {
        passed = (int) state.numbers("milestones")[0];
    }

    /// True once for each point.
    boolean reached(double used) {
        if (used >= 1 || passed >= count || used < (passed + 1.0) / (count + 1)) {
            return false;
        }
        passed++;
        return true;
    }
}
