<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Choices</name>
    <message numerus="yes">
        <source>%n rule(s)</source>
        <translation>
            <numerusform>%n rule</numerusform>
            <numerusform>%n rules</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) without values are quantized without importance: %1.</source>
        <translation>
            <numerusform>%n tensor without values is quantized without importance: %1.</numerusform>
            <numerusform>%n tensors without values are quantized without importance: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) have another shape than the matrix says and are quantized without importance: %1.</source>
        <translation>
            <numerusform>%n tensor has another shape than the matrix says and is quantized without importance: %1.</numerusform>
            <numerusform>%n tensors have another shape than the matrix says and are quantized without importance: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) have experts that no token reached; their columns count alike: %1.</source>
        <translation>
            <numerusform>%n tensor has experts that no token reached; their columns count alike: %1.</numerusform>
            <numerusform>%n tensors have experts that no token reached; their columns count alike: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n entry(s) belong to no tensor of this model and are left out.</source>
        <translation>
            <numerusform>%n entry belongs to no tensor of this model and is left out.</numerusform>
            <numerusform>%n entries belong to no tensor of this model and are left out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Core</name>
    <message numerus="yes">
        <source>%n tensors have rows that do not fit the chosen format and get a larger one: +%1.</source>
        <translation>
            <numerusform>%n tensor has rows that do not fit the chosen format and gets a larger one: +%1.</numerusform>
            <numerusform>%n tensors have rows that do not fit the chosen format and get a larger one: +%1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors are already quantized; quantizing again adds to the error. Start from an F16, BF16 or F32 file if you can.</source>
        <translation>
            <numerusform>%n tensor is already quantized; quantizing again adds to the error. Start from an F16, BF16 or F32 file if you can.</numerusform>
            <numerusform>%n tensors are already quantized; quantizing again adds to the error. Start from an F16, BF16 or F32 file if you can.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors need an importance matrix; without one this recipe cannot be exported.</source>
        <translation>
            <numerusform>%n tensor needs an importance matrix; without one this recipe cannot be exported.</numerusform>
            <numerusform>%n tensors need an importance matrix; without one this recipe cannot be exported.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors have no entry in the importance matrix and will be quantized without.</source>
        <translation>
            <numerusform>%n tensor has no entry in the importance matrix and will be quantized without.</numerusform>
            <numerusform>%n tensors have no entry in the importance matrix and will be quantized without.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The method &quot;%1&quot; cannot make the format of %n tensors; llama.cpp&apos;s search is used there.</source>
        <translation>
            <numerusform>The method &quot;%1&quot; cannot make the format of %n tensor; llama.cpp&apos;s search is used there.</numerusform>
            <numerusform>The method &quot;%1&quot; cannot make the format of %n tensors; llama.cpp&apos;s search is used there.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>GGUF cannot hold what the method of %n tensors makes: its values are rounded again to the chosen formats, in measurements as well (choose F16 to see the method alone), and what it does to inputs happens in this program only.</source>
        <translation>
            <numerusform>GGUF cannot hold what the method of %n tensor makes: its values are rounded again to the chosen format, in measurements as well (choose F16 to see the method alone), and what it does to inputs happens in this program only.</numerusform>
            <numerusform>GGUF cannot hold what the method of %n tensors makes: its values are rounded again to the chosen formats, in measurements as well (choose F16 to see the method alone), and what it does to inputs happens in this program only.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>GGUF cannot hold what the method of %n tensors makes: a file keeps its values as floats, without rounding them again and as large as floats are, whatever other format the recipe has. What it does to inputs happens in this program only.</source>
        <translation>
            <numerusform>GGUF cannot hold what the method of %n tensor makes: a file keeps its values as floats, without rounding them again and as large as floats are, whatever other format the recipe has. What it does to inputs happens in this program only.</numerusform>
            <numerusform>GGUF cannot hold what the method of %n tensors makes: a file keeps its values as floats, without rounding them again and as large as floats are, whatever other format the recipe has. What it does to inputs happens in this program only.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>GGUF cannot hold what the method of %n tensors makes: a file gets the nearest format instead, made from the original weights.</source>
        <translation>
            <numerusform>GGUF cannot hold what the method of %n tensor makes: a file gets the nearest format instead, made from the original weights.</numerusform>
            <numerusform>GGUF cannot hold what the method of %n tensors makes: a file gets the nearest format instead, made from the original weights.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The calibration has no Gram matrix for %n tensors (%1); llama.cpp&apos;s search is used there.</source>
        <translation>
            <numerusform>The calibration has no Gram matrix for %n tensor (%1); llama.cpp&apos;s search is used there.</numerusform>
            <numerusform>The calibration has no Gram matrix for %n tensors (%1); llama.cpp&apos;s search is used there.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The calibration has no Gram matrix for all or some of the inputs of %n tensors (%1); values are not chosen by outputs there.</source>
        <translation>
            <numerusform>The calibration has no Gram matrix for all or some of the inputs of %n tensor (%1); values are not chosen by outputs there.</numerusform>
            <numerusform>The calibration has no Gram matrix for all or some of the inputs of %n tensors (%1); values are not chosen by outputs there.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The calibration text reached %n matrices of experts not at all; llama.cpp&apos;s search is used there. Use a longer or more varied text.</source>
        <translation>
            <numerusform>The calibration text reached %n matrix of experts not at all; llama.cpp&apos;s search is used there. Use a longer or more varied text.</numerusform>
            <numerusform>The calibration text reached %n matrices of experts not at all; llama.cpp&apos;s search is used there. Use a longer or more varied text.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The calibration text is short for %n matrices, which may become worse than with llama.cpp&apos;s search; at least %1 tokens are needed there.</source>
        <translation>
            <numerusform>The calibration text is short for %n matrix, which may become worse than with llama.cpp&apos;s search; at least %1 tokens are needed there.</numerusform>
            <numerusform>The calibration text is short for %n matrices, which may become worse than with llama.cpp&apos;s search; at least %1 tokens are needed there.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Divergences</name>
    <message numerus="yes">
        <source>%1 and %2 cannot be told apart yet; about %n more window(s) would be needed.</source>
        <translation>
            <numerusform>%1 and %2 cannot be told apart yet; about %n more window would be needed.</numerusform>
            <numerusform>%1 and %2 cannot be told apart yet; about %n more windows would be needed.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PlotCommand</name>
    <message numerus="yes">
        <source>%1 on %2, %n window(s) of %3 tokens; error bars: of the difference to the original</source>
        <comment>model, text</comment>
        <translation>
            <numerusform>%1 on %2, %n window of %3 tokens; error bars: of the difference to the original</numerusform>
            <numerusform>%1 on %2, %n windows of %3 tokens; error bars: of the difference to the original</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::CalibrateController</name>
    <message numerus="yes">
        <source>None of its %n entry(s) fits a tensor of the model. Choose the matrix that was made from this model.</source>
        <translation>
            <numerusform>Its only entry fits no tensor of the model. Choose the matrix that was made from this model.</numerusform>
            <numerusform>None of its %n entries fits a tensor of the model. Choose the matrix that was made from this model.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Calibrated: %n tensor(s) are quantized by importance from now on.</source>
        <translation>
            <numerusform>Calibrated: %n tensor is quantized by importance from now on.</numerusform>
            <numerusform>Calibrated: %n tensors are quantized by importance from now on.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Importance matrix loaded: %n tensor(s) covered.</source>
        <translation>
            <numerusform>Importance matrix loaded: %n tensor covered.</numerusform>
            <numerusform>Importance matrix loaded: %n tensors covered.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::DamagePlot</name>
    <message numerus="yes">
        <source>%n more tensor(s) are not shown.</source>
        <translation>
            <numerusform>%n more tensor are not shown.</numerusform>
            <numerusform>%n more tensors are not shown.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::Document</name>
    <message numerus="yes">
        <source>Keep %n tensor(s) as in the file</source>
        <translation>
            <numerusform>Keep %n tensor as in the file</numerusform>
            <numerusform>Keep %n tensors as in the file</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Set %n tensor(s) to %1</source>
        <translation>
            <numerusform>Set %n tensor to %1</numerusform>
            <numerusform>Set %n tensors to %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Change the method of %n tensor(s)</source>
        <translation>
            <numerusform>Change the method of %n tensor</numerusform>
            <numerusform>Change the method of %n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Reset %n tensor(s) to the preset</source>
        <translation>
            <numerusform>Reset %n tensor to the preset</numerusform>
            <numerusform>Reset %n tensors to the preset</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Set %n step(s) before quantizing</source>
        <translation>
            <numerusform>Set %n step before quantizing</numerusform>
            <numerusform>Set %n steps before quantizing</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::ExportController</name>
    <message numerus="yes">
        <source>%1, %n window(s) of %2 tokens</source>
        <comment>text</comment>
        <translation>
            <numerusform>%1, %n window of %2 tokens</numerusform>
            <numerusform>%1, %n windows of %2 tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Relative squared error of the weights of %n tensor(s): %1 by the method, %2 as stored.</source>
        <translation>
            <numerusform>Relative squared error of the weights of %n tensor: %1 by the method, %2 as stored.</numerusform>
            <numerusform>Relative squared error of the weights of %n tensors: %1 by the method, %2 as stored.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::ExportDialog</name>
    <message numerus="yes">
        <source>And %n more; the table of tensors marks them.</source>
        <translation>
            <numerusform>And %n more; the table of tensors marks them.</numerusform>
            <numerusform>And %n more; the table of tensors marks them.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::FormatPalette</name>
    <message numerus="yes">
        <source>Applies to %n selected tensor(s).</source>
        <translation>
            <numerusform>Applies to %n selected tensor.</numerusform>
            <numerusform>Applies to %n selected tensors.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::InputsPage</name>
    <message numerus="yes">
        <source>Inputs at %n position(s) of %1, largest magnitude %2 at a standard deviation of %3.</source>
        <translation>
            <numerusform>Inputs at %n position of %1, largest magnitude %2 at a standard deviation of %3.</numerusform>
            <numerusform>Inputs at %n positions of %1, largest magnitude %2 at a standard deviation of %3.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::InspectorPanel</name>
    <message numerus="yes">
        <source>%n tensor(s) selected</source>
        <translation>
            <numerusform>%n tensor selected</numerusform>
            <numerusform>%n tensors selected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n bit(s)</source>
        <translation>
            <numerusform>%n bit</numerusform>
            <numerusform>%n bits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::JobIndicator</name>
    <message numerus="yes">
        <source>%1 (+%n waiting)</source>
        <translation>
            <numerusform>%1 (+%n waiting)</numerusform>
            <numerusform>%1 (+%n waiting)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::LayerMap</name>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::MainWindow</name>
    <message numerus="yes">
        <source>Import %n rule(s)</source>
        <translation>
            <numerusform>Import %n rule</numerusform>
            <numerusform>Import %n rules</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Perplexity on %1: %n window(s) of %2 tokens</source>
        <translation>
            <numerusform>Perplexity on %1: %n window of %2 tokens</numerusform>
            <numerusform>Perplexity on %1: %n windows of %2 tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) are quantized by the importance of their columns, from %1</source>
        <translation>
            <numerusform>%n tensor is quantized by the importance of its columns, from %1</numerusform>
            <numerusform>%n tensors are quantized by the importance of their columns, from %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::MeasureDialog</name>
    <message numerus="yes">
        <source>Estimated time for %n model(s): about %1, judged by the last measurement.</source>
        <translation>
            <numerusform>Estimated time for %n model: about %1, judged by the last measurement.</numerusform>
            <numerusform>Estimated time for %n models: about %1, judged by the last measurement.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Estimated time for %n model(s): roughly %1, a guess until something was measured here.</source>
        <translation>
            <numerusform>Estimated time for %n model: roughly %1, a guess until something was measured here.</numerusform>
            <numerusform>Estimated time for %n models: roughly %1, a guess until something was measured here.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::MessageBar</name>
    <message numerus="yes">
        <source>(%n older message(s))</source>
        <translation>
            <numerusform>(%n older message)</numerusform>
            <numerusform>(%n older messages)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::MethodBenchDialog</name>
    <message numerus="yes">
        <source>%1 of %n combination(s) done.</source>
        <translation>
            <numerusform>%1 of %n combination done.</numerusform>
            <numerusform>%1 of %n combinations done.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n combination(s).</source>
        <translation>
            <numerusform>%n combination.</numerusform>
            <numerusform>%n combinations.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::ParetoPlot</name>
    <message numerus="yes">
        <source>Size and perplexity of %n variant(s).</source>
        <translation>
            <numerusform>Size and perplexity of %n variant.</numerusform>
            <numerusform>Size and perplexity of %n variants.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Size and KL divergence of %n variant(s).</source>
        <translation>
            <numerusform>Size and KL divergence of %n variant.</numerusform>
            <numerusform>Size and KL divergence of %n variants.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::ProjectController</name>
    <message numerus="yes">
        <source>Recognized a %1 model: %2 weights in %n tensor(s).</source>
        <comment>architecture, count</comment>
        <translation>
            <numerusform>Recognized a %1 model: %2 weights in %n tensor.</numerusform>
            <numerusform>Recognized a %1 model: %2 weights in %n tensors.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::RateDistortionPlot</name>
    <message numerus="yes">
        <source>Relative error over bits per weight for %n format(s).</source>
        <translation>
            <numerusform>Relative error over bits per weight for %n format.</numerusform>
            <numerusform>Relative error over bits per weight for %n formats.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::RecipeDialog</name>
    <message numerus="yes">
        <source>Fits %n tensor(s).</source>
        <translation>
            <numerusform>Fits %n tensor.</numerusform>
            <numerusform>Fits %n tensors.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::ResultsPanel</name>
    <message numerus="yes">
        <source>%n window(s)</source>
        <translation>
            <numerusform>%n window</numerusform>
            <numerusform>%n windows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Remove %n Measurement(s)</source>
        <translation>
            <numerusform>Remove %n Measurement</numerusform>
            <numerusform>Remove %n Measurements</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::SizePlot</name>
    <message numerus="yes">
        <source>%1: %2 in %n tensor(s)</source>
        <comment>format: size</comment>
        <translation>
            <numerusform>%1: %2 in %n tensor</numerusform>
            <numerusform>%1: %2 in %n tensors</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::TensorReports</name>
    <message numerus="yes">
        <source>Weight errors of %n tensor(s)</source>
        <translation>
            <numerusform>Weight errors of %n tensor</numerusform>
            <numerusform>Weight errors of %n tensors</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::TensorTable</name>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n tensor(s)</source>
        <translation>
            <numerusform>%1 of %n tensor</numerusform>
            <numerusform>%1 of %n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1, %n selected</source>
        <comment>count of tensors, how many are selected</comment>
        <translation>
            <numerusform>%1, %n selected</numerusform>
            <numerusform>%1, %n selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::TensorTreeModel</name>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n warning(s)</source>
        <translation>
            <numerusform>%n warning</numerusform>
            <numerusform>%n warnings</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::TextChoice</name>
    <message numerus="yes">
        <source>The text has %n window(s) of this length.</source>
        <translation>
            <numerusform>The text has %n window of this length.</numerusform>
            <numerusform>The text has %n windows of this length.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::TryItPage</name>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n token</numerusform>
            <numerusform>%n tokens</numerusform>
        </translation>
    </message>
</context>
</TS>
