package org.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.proto.events.v1.TrainingPlan;

class WithoutRefusalsStageTest {

    private final FineTuneStage with = new FineTuneStage(Plan.QUICK.fineTune());

    @Test
    void differsFromTheStageBehindItByTheRefusalsAlone() {
        TrainingPlan.Builder without = new WithoutRefusalsStage(with).training(7).toBuilder();
        assertThat(without.getModel()).isNotEqualTo(Run.POLICY);
        assertThat(without.getFineTune().getDatasetWeightsMap()).isEqualTo(Map.of(Lessons.REFUSALS, 0f));

        without.setModel(Run.POLICY).getFineTuneBuilder().clearDatasetWeights();

        assertThat(without.build()).isEqualTo(with.training(7, Run.POLICY).build());
    }
}
