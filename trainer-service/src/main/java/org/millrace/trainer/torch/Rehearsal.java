package org.millrace.trainer.torch;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.trainer.Epochs;
import org.millrace.trainer.Example;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Refusal;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.TrainingFailed;

/// Documents that the actor reads on between its steps, so that what it knew is not lost to what
/// it practises (PPO-ptx): `L = L_policy + γ·nats a token of a few rows`.
///
/// The KL penalty cannot do this: it sees only the prompts that are practised.
///
/// - **Source:** Ouyang et al. 2022, arXiv:2203.02155, equation 2.
///
/// @param actor the weights that learn, multiplied in a precision of their own
record Rehearsal(Decoder actor, Epochs rows, double coefficient) {

    /// @return none if the plan does not ask for it
    static Optional<Rehearsal> of(
            Plan.ImprovePolicy plan, Parameters actor, ScalarType products, List<Example> documents)
            throws TrainingFailed {
        if (plan.documentCoefficient() == 0) {
            return Optional.empty();
        }
        Refusal.check("documents", documents, actor.config().vocabulary());
        int context = actor.config().context();
        return Optional.of(new Rehearsal(
                new Decoder(actor, products),
                new Epochs(plan.seed(), order -> Packing.stream(documents, context, order)),
                plan.documentCoefficient()));
    }

    /// Nats a token of the next rows, ().
    Tensor loss() {
        return Batch.of(rows.next(Scaling.REHEARSAL_ROWS)).loss(actor);
    }
}
