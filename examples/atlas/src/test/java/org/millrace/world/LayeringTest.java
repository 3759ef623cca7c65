package org.millrace.world;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.millrace.testkit.LayeringRules;

@AnalyzeClasses(packages = "org.millrace.world", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    @ArchTest
    static final ArchRule EDGE = LayeringRules.technologyStaysAtTheEdge("org.millrace.world");

    @ArchTest
    static final ArchRule NAMES = LayeringRules.noDumpingGrounds();

    @ArchTest
    static final ArchRule NULLS = LayeringRules.everyPackageIsNullMarked();

    /// An outside tool has the contract at most: it must not lean on our libraries.
    @ArchTest
    static final ArchRule OUTSIDER = ArchRuleDefinition.noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.millrace.events..",
                    "org.millrace.exactlyonce..",
                    "org.millrace.artifacts..",
                    "org.millrace.bpe..");
}
