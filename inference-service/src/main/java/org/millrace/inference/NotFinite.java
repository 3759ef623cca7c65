package org.millrace.inference;

/// Of a model that gives something else than numbers no token can be drawn.
public final class NotFinite extends RuntimeException {

    private static final long serialVersionUID = 1;

    NotFinite() {
        super("the model's logits are not finite");
    }
}
