package org.millrace.inference;

import java.util.List;

/// How likely the model held a token that it was given.
///
/// @param logProb nats: untruncated, of logits divided by the temperature
/// @param rank 1 for the likeliest token there; one more than how many were likelier
/// @param top the likeliest tokens there, as many as were asked for, likeliest first
public record Scored(double logProb, int rank, List<Drawn.Likely> top) {

    public Scored {
        top = List.copyOf(top);
    }
}
