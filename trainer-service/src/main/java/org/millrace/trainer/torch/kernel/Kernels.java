package org.millrace.trainer.torch.kernel;

import jdk.incubator.vector.FloatVector;

/// Whether kernels can run in this process.
public final class Kernels {

    private static final String MODULE = "jdk.incubator.vector";

    /// The JVM's option without which there are none.
    public static final String OPTION = "--add-modules=" + MODULE;

    private static final int FEWEST = 4;

    /// Rows of models that are served are multiples of it.
    public static final int MOST = 16;

    private Kernels() {}

    /// Numbers in fp32 that the processor takes at once, 4 to 16; 0 if kernels cannot run: the process was not
    /// started with [#OPTION], or its registers are narrower or wider.
    public static int lanes() {
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            return 0;
        }
        int lanes = Preferred.lanes();
        return lanes >= FEWEST && lanes <= MOST ? lanes : 0;
    }

    /// Only loaded where the module is.
    private static final class Preferred {
        static int lanes() {
            return FloatVector.SPECIES_PREFERRED.length();
        }
    }
}
