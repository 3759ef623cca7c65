package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.Shape;

class BudgetTest {

    @Test
    void theLargerShareCounts() {
        Budget both = new Budget(100, 10);

        assertThat(both.used(50, 2)).isEqualTo(0.5);
        assertThat(both.used(50, 8)).isEqualTo(0.8);
        assertThat(both.used(200, 8)).isEqualTo(1);
        assertThat(new Budget(100, 0).used(25, 1e9)).isEqualTo(0.25);
        assertThat(new Budget(0, 10).used(1_000_000, 5)).isEqualTo(0.5);
    }

    @Test
    void secondsLeftIsTheNearerBound() {
        assertThat(new Budget(100, 10).secondsLeft(50, 2)).isCloseTo(2, within(1e-12));
        assertThat(new Budget(100, 10).secondsLeft(50, 9)).isCloseTo(1, within(1e-12));
        assertThat(new Budget(0, 10).secondsLeft(50, 12)).isZero();
        assertThat(new Budget(100, 0).secondsLeft(0, 0)).isZero();
    }

    @Test
    void aRunWithoutBoundsIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Budget(0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Budget(-1, 5));
        assertThatIllegalArgumentException().isThrownBy(() -> new Budget(5, Double.NaN));
    }

    @Test
    void theScheduleWarmsUpStaysAndDecays() {
        Schedule schedule = new Schedule(0.1, 0.4, 0.05);

        assertThat(schedule.factor(0)).isEqualTo(0.01);
        assertThat(schedule.factor(0.05)).isCloseTo(0.5, within(1e-12));
        assertThat(schedule.factor(0.1)).isEqualTo(1);
        assertThat(schedule.factor(0.6)).isEqualTo(1);
        assertThat(schedule.factor(0.8)).isCloseTo(1 - 0.95 / 2, within(1e-12));
        assertThat(schedule.factor(1)).isCloseTo(0.05, within(1e-12));
        assertThat(new Schedule(0, 0, 0).factor(0)).isEqualTo(1);
    }

    @Test
    void theModelFollowsFromDepth() {
        Vocabulary vocabulary = new Vocabulary(2_048, 2_039, 2_043);
        Plan.Pretrain deep = new Plan.Pretrain(new Budget(1, 0), 0, 12, 0, 0, 0, 0);
        Plan.Pretrain demo = new Plan.Pretrain(new Budget(1, 0), 0, 4, 0, 0, 256, 0);

        ModelConfig large = Scaling.model(deep, vocabulary);
        ModelConfig small = Scaling.model(demo, vocabulary);

        assertThat(large.width()).isEqualTo(768);
        assertThat(large.heads()).isEqualTo(12);
        assertThat(large.headWidth()).isEqualTo(64);
        assertThat(large.hidden()).isEqualTo(2_048);
        assertThat(small.heads()).isEqualTo(4);
        assertThat(small.context()).isEqualTo(128);
        assertThat(small.parameters()).isBetween(3_000_000L, 5_000_000L);
        assertThat(small.eosId()).isEqualTo(2_043);
    }

    /// The rates that the demo's model was tuned with, and how they move from there.
    @Test
    void ratesFollowFromWidthAndBatch() {
        Vocabulary vocabulary = new Vocabulary(2_048, 2_039, 2_043);
        Plan.Pretrain demo = new Plan.Pretrain(new Budget(1, 0), 0, 4, 0, 0, 256, 0);
        Plan.Pretrain deep = new Plan.Pretrain(new Budget(1, 0), 0, 16, 1_024, 0, 0, 0);

        Rates small = Scaling.pretrainRates(demo, Scaling.model(demo, vocabulary), Scaling.ROWS_PER_STEP);
        Rates large = Scaling.pretrainRates(deep, Scaling.model(deep, vocabulary), 128);

        assertThat(small).isEqualTo(new Rates(1e-3, 1e-3, 0.1, false));
        assertThat(large.muon()).isTrue(); // 5 · 1,024 / 131,072 = 4 % more work
        assertThat(large.matrices()).isEqualTo(0.02);
        assertThat(large.rest()).isCloseTo(1e-3 * Math.sqrt(0.25) * Math.sqrt(128), within(1e-12));
        assertThat(Scaling.pretrainRates(demo, Scaling.model(demo, vocabulary), 2)
                        .rest())
                .isCloseTo(5e-4, within(1e-12));
    }

    /// What is asked stands in the place of what is derived, and nothing else moves.
    @Test
    void whatIsAskedIsNotDerived() {
        Vocabulary vocabulary = new Vocabulary(2_048, 2_039, 2_043);
        Descent asked = new Descent(Descent.OptimizerChoice.MUON, 0, 5e-4, 0.0, 0.1, null, 0.5, 2, 3, 7, false);
        Shape shape = new Shape(3, 256, 8, 2, 100, 500, true, false);
        Plan.Pretrain plan = new Plan.Pretrain(new Budget(1, 0), 0, 4, 0, 0, shape, 0.01, asked);

        ModelConfig model = Scaling.model(plan, vocabulary);

        assertThat(model)
                .isEqualTo(new ModelConfig(
                        3, 256, 8, 2, 32, 100, 2_048, 128, 500, 1e-5, true, false, false, 0, 1, 2_039, 2_043));
        assertThat(Scaling.pretrainRates(plan, model, 8)).isEqualTo(new Rates(0.01, 5e-4, 0, true, 2));
        assertThat(Scaling.schedule(plan)).isEqualTo(new Schedule(0.1, 0.5, 0.5));
        assertThat(Scaling.rowsAtOnce(asked, model, 8)).isEqualTo(3);
        assertThat(Scaling.rowsAtOnce(asked, model, 2)).isEqualTo(2);
        assertThat(Scaling.evaluations(asked)).isEqualTo(7);
        assertThat(Scaling.evaluations(Descent.DERIVED)).isEqualTo(Scaling.EVALUATIONS);

        Descent adam = new Descent(Descent.OptimizerChoice.ADAMW, 0.03, 0, null, null, null, null, 0, 0, null, true);
        Plan.ImprovePolicy improve = new Plan.ImprovePolicy(new Budget(1, 0), 0, 1, 0, 0, 0, 0, adam);
        assertThat(Scaling.actorRates(improve, model)).isEqualTo(new Rates(0.03, 0.05 * 1e-3, 0, false));
        assertThat(Scaling.criticRates(improve, model).matrices()).isCloseTo(0.12, within(1e-12));
        assertThat(Scaling.schedule(improve)).isEqualTo(Scaling.ACTOR_SCHEDULE);

        Plan.FineTune muon = new Plan.FineTune(new Budget(1, 0), 0, Map.of(), 0, 0.5, 0, asked);
        assertThat(Scaling.fineTuneRates(muon, model)).isEqualTo(new Rates(0.01, 5e-4, 0, true, 2));
    }

    /// L6 C384 H6 T256 V8192: 230,912 bytes a position where all blocks keep theirs, 75,008 where one does.
    @Test
    void moreRowsFitWhereBlocksAreRunAgain() {
        ModelConfig model = ModelConfig.ofDepth(6, 384, 256, 8_192, 0, 0);
        Descent again = new Descent(Descent.OptimizerChoice.DERIVED, 0, 0, null, null, null, null, 0, 0, null, true);

        assertThat(Scaling.rowsAtOnce(Descent.DERIVED, model, 1_000)).isEqualTo((1_536 << 20) / (230_912 * 256));
        assertThat(Scaling.rowsAtOnce(again, model, 1_000)).isEqualTo((1_536 << 20) / (75_008 * 256));
    }

    @Test
    void plansSayWhichFieldIsWrong() {
        Budget budget = new Budget(1, 0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Plan.Pretrain(budget, 0, 0, 0, 0, 0, 0))
                .withMessage("depth: expected 1 to 64, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Plan.FineTune(budget, 0, Map.of("a", -1.0), 0, 0, 0))
                .withMessageContaining("dataset_weights[a]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Plan.FineTune(budget, 0, Map.of(), 0.95, 0, 0))
                .withMessageContaining("document_weight");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Plan.ImprovePolicy(budget, 0, 0, 0, 0, 0, 0))
                .withMessageContaining("temperature");
    }
}
