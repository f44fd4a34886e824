using System.CommandLine;
using Engine.Gguf;

namespace Engine.Host.Tests.Commands.Inspection;

/// <summary>Parameter counts are those that transformers' num_parameters() gives for the published models, print-outs its own
/// lines (without dropouts, which a file does not have).</summary>
public sealed class FamilyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(12u, 768u, true, "109,482,240")]
    [InlineData(12u, 768u, false, "108,891,648")]
    [InlineData(24u, 1024u, true, "335,141,888")]
    public async Task Bert_base_has_about_110_million_parameters_and_large_about_340(uint layers, uint width, bool pooler, string expected) =>
        Assert.Contains($"Parameters    {expected}\n", await Inspect(HeaderOfFamily.Bert(layers, width, pooler)), StringComparison.Ordinal);

    [Fact]
    public async Task Bert_prints_as_transformers_prints_it()
    {
        string text = await Inspect(HeaderOfFamily.Bert(12, 768, pooler: true));
        Assert.EndsWith(
            """
            BertModel(
              (embeddings): BertEmbeddings(
                (word_embeddings): Embedding(30522, 768, padding_idx=0)
                (position_embeddings): Embedding(512, 768)
                (token_type_embeddings): Embedding(2, 768)
                (LayerNorm): LayerNorm((768,), eps=1e-12, elementwise_affine=True)
              )
              (encoder): BertEncoder(
                (layer): ModuleList(
                  (0-11): 12 x BertLayer(
                    (attention): BertAttention(
                      (self): BertSelfAttention(
                        (query): Linear(in_features=768, out_features=768, bias=True)
                        (key): Linear(in_features=768, out_features=768, bias=True)
                        (value): Linear(in_features=768, out_features=768, bias=True)
                      )
                      (output): BertSelfOutput(
                        (dense): Linear(in_features=768, out_features=768, bias=True)
                        (LayerNorm): LayerNorm((768,), eps=1e-12, elementwise_affine=True)
                      )
                    )
                    (intermediate): BertIntermediate(
                      (dense): Linear(in_features=768, out_features=3072, bias=True)
                      (intermediate_act_fn): GELUActivation()
                    )
                    (output): BertOutput(
                      (dense): Linear(in_features=3072, out_features=768, bias=True)
                      (LayerNorm): LayerNorm((768,), eps=1e-12, elementwise_affine=True)
                    )
                  )
                )
              )
              (pooler): BertPooler(
                (dense): Linear(in_features=768, out_features=768, bias=True)
                (activation): Tanh()
              )
            )

            """, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ranking_head_is_a_classifier_over_the_pooler()
    {
        string text = await Inspect(HeaderOfFamily.Bert(12, 768, pooler: true).Tensor("cls.output.weight", GgmlType.F32, 768, 1).Tensor("cls.output.bias", GgmlType.F32, 1));
        Assert.Contains("BertForSequenceClassification(\n  (bert): BertModel(\n", text, StringComparison.Ordinal);
        Assert.EndsWith("  (classifier): Linear(in_features=768, out_features=1, bias=True)\n)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gpt2_prints_as_transformers_prints_it()
    {
        string text = await Inspect(HeaderOfFamily.Gpt2());
        Assert.Contains("Parameters    124,439,808\n", text, StringComparison.Ordinal);
        Assert.EndsWith(
            """
            GPT2LMHeadModel(
              (transformer): GPT2Model(
                (wte): Embedding(50257, 768)
                (wpe): Embedding(1024, 768)
                (h): ModuleList(
                  (0-11): 12 x GPT2Block(
                    (ln_1): LayerNorm((768,), eps=1e-05, elementwise_affine=True)
                    (attn): GPT2Attention(
                      (c_attn): Conv1D(nf=2304, nx=768)
                      (c_proj): Conv1D(nf=768, nx=768)
                    )
                    (ln_2): LayerNorm((768,), eps=1e-05, elementwise_affine=True)
                    (mlp): GPT2MLP(
                      (c_fc): Conv1D(nf=3072, nx=768)
                      (c_proj): Conv1D(nf=768, nx=3072)
                      (act): NewGELUActivation()
                    )
                  )
                )
                (ln_f): LayerNorm((768,), eps=1e-05, elementwise_affine=True)
              )
              (lm_head): Linear(in_features=768, out_features=50257, bias=False)
            )

            """, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "60,506,624", "(DenseReluDense): T5DenseActDense(", "(wi): Linear(in_features=512, out_features=2048, bias=False)", "(act): ReLU()")]
    [InlineData(true, "76,961,152", "(DenseReluDense): T5DenseGatedActDense(", "(wi_1): Linear(in_features=512, out_features=1024, bias=False)", "(act): NewGELUActivation()")]
    public async Task T5_prints_both_stacks_and_its_kind_of_feed_forward(bool gated, string parameters, params string[] lines)
    {
        string text = await Inspect(HeaderOfFamily.T5(gated));
        Assert.Contains($"Parameters    {parameters}\n", text, StringComparison.Ordinal);
        Assert.All([.. lines, "(EncDecAttention): T5Attention(", "(lm_head): Linear(in_features=512, out_features=32128, bias=False)"],
            line => Assert.Contains(line, text, StringComparison.Ordinal));
        // The position bias stands in the first block alone.
        Assert.Contains(gated ? "(relative_attention_bias): Embedding(32, 6)" : "(relative_attention_bias): Embedding(32, 8)", text, StringComparison.Ordinal);
        Assert.Contains(gated ? "(1-7): 7 x T5Block(" : "(1-5): 5 x T5Block(", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_original_Transformer_prints_as_PyTorchs_layers_do()
    {
        string text = await Inspect(HeaderOfFamily.Transformer());
        Assert.Contains("Parameters    63,082,496\n", text, StringComparison.Ordinal);
        Assert.EndsWith(
            """
                  (0-5): 6 x TransformerDecoderLayer(
                    (self_attn): MultiheadAttention(
                      (q_proj): Linear(in_features=512, out_features=512, bias=True)
                      (k_proj): Linear(in_features=512, out_features=512, bias=True)
                      (v_proj): Linear(in_features=512, out_features=512, bias=True)
                      (out_proj): Linear(in_features=512, out_features=512, bias=True)
                    )
                    (multihead_attn): MultiheadAttention(
                      (q_proj): Linear(in_features=512, out_features=512, bias=True)
                      (k_proj): Linear(in_features=512, out_features=512, bias=True)
                      (v_proj): Linear(in_features=512, out_features=512, bias=True)
                      (out_proj): Linear(in_features=512, out_features=512, bias=True)
                    )
                    (linear1): Linear(in_features=512, out_features=2048, bias=True)
                    (linear2): Linear(in_features=2048, out_features=512, bias=True)
                    (norm1): LayerNorm((512,), eps=1e-05, elementwise_affine=True)
                    (norm2): LayerNorm((512,), eps=1e-05, elementwise_affine=True)
                    (norm3): LayerNorm((512,), eps=1e-05, elementwise_affine=True)
                    (activation): ReLU()
                  )
                )
              )
              (output): Linear(in_features=512, out_features=37000, bias=False)
            )

            """, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tensor_without_a_place_in_the_tree_shows_the_file_as_it_is()
    {
        string text = await Inspect(HeaderOfFamily.Gpt2().Tensor("blk.3.extra.weight", GgmlType.F32, 8));
        Assert.Contains("gpt2(\n  (token_embd): weight f16 (768, 50257)\n", text, StringComparison.Ordinal);
        Assert.Contains("(extra): weight f32 (8)", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_loaded_is_still_shown_with_the_reason()
    {
        string text = await Inspect(HeaderOfFamily.T5(gated: false).Set("t5.decoder_start_token_id", GgufValue.FromScalar(32_128u)), loadable: false);
        Assert.Contains("Not loadable  Reading metadata 't5.decoder_start_token_id'", text, StringComparison.Ordinal);
        Assert.Contains("Parameters    60,506,624\n", text, StringComparison.Ordinal);
        Assert.EndsWith("  (lm_head): Linear(in_features=512, out_features=32128, bias=False)\n)\n", text, StringComparison.Ordinal);
    }

    private async Task<string> Inspect(HeaderOfFamily header, bool loadable = true)
    {
        using var output = new StringWriter { NewLine = "\n" };
        ParseResult parsed = EngineCommand.Create().Parse(["inspect", header.Write(_folder.File("model.gguf"))]);
        Assert.Equal(0, await parsed.InvokeAsync(new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false }));
        string text = output.ToString();
        Assert.Equal(loadable, !text.Contains("Not loadable", StringComparison.Ordinal));
        Assert.All(text.Split('\n').Skip(1), line => Assert.InRange(line.Length, 0, 80));
        return text;
    }
}
