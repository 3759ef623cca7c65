package org.millrace.crawler;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.millrace.testkit.LayeringRules;

@AnalyzeClasses(packages = "org.millrace.crawler", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    @ArchTest
    static final ArchRule EDGE = LayeringRules.technologyStaysAtTheEdge("org.millrace.crawler");

    @ArchTest
    static final ArchRule NAMES = LayeringRules.noDumpingGrounds();

    @ArchTest
    static final ArchRule NULLS = LayeringRules.everyPackageIsNullMarked();

    @ArchTest
    static final ArchRule MANNERS_ALONE = ArchRuleDefinition.noClasses()
            .that()
            .resideInAPackage("..crawler.manners")
            .should()
            .dependOnClassesThat(resideInAPackage("org.millrace.crawler..")
                    .and(not(resideInAnyPackage("..crawler.manners", "..crawler.web"))))
            .because("what a site asks for does not depend on who crawls it");

    @ArchTest
    static final ArchRule WEB_ALONE = ArchRuleDefinition.noClasses()
            .that()
            .resideInAPackage("..crawler.web")
            .should()
            .dependOnClassesThat(resideInAPackage("org.millrace.crawler..").and(not(resideInAPackage("..crawler.web"))))
            .because("everything else speaks of it");

    @ArchTest
    static final ArchRule ONE_HTTP_CLIENT = ArchRuleDefinition.noClasses()
            .that()
            .resideOutsideOfPackage("..http..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("okhttp3..", "java.net.http..")
            .because("addresses are checked in one place");

    @ArchTest
    static final ArchRule ONE_INDEX = ArchRuleDefinition.noClasses()
            .that()
            .resideOutsideOfPackage("..rocksdb..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.rocksdb..")
            .because("a frontier is tested without a disk");

    @ArchTest
    static final ArchRule ONE_COMMAND = ArchRuleDefinition.noClasses()
            .that()
            .resideOutsideOfPackages("..command..", "..bench..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("picocli..", "me.tongfei..")
            .because("how people call the crawler is the command's affair");

    @ArchTest
    static final ArchRule ONE_WRITER = ArchRuleDefinition.noClasses()
            .that()
            .resideOutsideOfPackage("..warc..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.netpreserve..")
            .because("what stands in an archive is decided in one place");
}
