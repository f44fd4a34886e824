using System.Text.Json.Nodes;
using Engine.Gguf;
using Engine.HuggingFace;

namespace Engine.Tests.HuggingFace;

/// <summary>Folders that are refused, each by the name of what is wrong, and what is written of those that are not.</summary>
public sealed class ModelImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Model => _folder.File("model");

    [Theory]
    [InlineData("LLaMA", "rope_scaling", """{"type":"longrope","factor":4}""", "one of 'default', 'linear', 'dynamic', 'yarn', 'llama3' in 'rope_scaling.type', found 'longrope'")]
    [InlineData("LLaMA", "rope_scaling", """{"type":"linear","factor":4,"twist":1}""", "the field 'rope_scaling.twist' (1) is unknown")]
    [InlineData("LLaMA", "rope_scaling", """{"rope_type":"yarn","factor":4,"beta_fast":16}""", "expected 32 in 'rope_scaling.beta_fast', found 16")]
    [InlineData("LLaMA", "hidden_act", "\"gelu\"", "expected 'silu' in 'hidden_act', found 'gelu'")]
    [InlineData("LLaMA", "logit_scale", "0.5", "the field 'logit_scale' (0.5) is unknown and may change what the model computes")]
    [InlineData("LLaMA", "quantization_config", """{"quant_method":"gptq"}""", "expected none in 'quantization_config'")]
    [InlineData("LLaMA", "auto_map", """{"AutoModel":"modeling.Own"}""", "expected none in 'auto_map'")]
    [InlineData("LLaMA", "num_key_value_heads", "3", "a divisor of num_attention_heads 4 in 'num_key_value_heads', found 3")]
    [InlineData("LLaMA", "num_hidden_layers", "-2", "in 'num_hidden_layers', found -2")]
    [InlineData("LLaMA", "num_hidden_layers", "3", "Importing 'model.layers.2.input_layernorm.weight': expected a tensor (32)")]
    [InlineData("LLaMA", "num_hidden_layers", "1", "expected only tensors that a model of this configuration has, found 'model.layers.1.")]
    [InlineData("LLaMA", "intermediate_size", "47", "Importing 'model.layers.0.mlp.gate_proj.weight': expected (47, 32) by config.json, model.safetensors has (48, 32)")]
    [InlineData("LLaMA", "vocab_size", "38", "expected 38 rows by vocab_size, model.safetensors has 37")]
    [InlineData("LLaMA", "model_type", "\"falcon\"", "models of the type 'falcon' cannot be imported")]
    [InlineData("LLaMA", "architectures", "[\"LlamaForSequenceClassification\"]", "found 'LlamaForSequenceClassification'")]
    [InlineData("LLaMA", "attention_bias", "true", "Importing 'model.layers.0.self_attn.q_proj.bias': expected a tensor (32)")]
    [InlineData("Mixtral", "num_experts_per_tok", "6", "expected at most the 5 experts that there are in 'num_experts_per_tok', found 6")]
    [InlineData("Mixtral", "num_local_experts", "6", "Importing 'model.layers.0.block_sparse_moe.gate.weight': expected (6, 32) by config.json")]
    [InlineData("Mixtral", "num_local_experts", "4", "Importing 'model.layers.0.block_sparse_moe.gate.weight': expected (4, 32)")]
    [InlineData("Qwen3-MoE", "norm_topk_prob", "false", "divides the probabilities of the chosen experts by their sum in 'norm_topk_prob', found false")]
    [InlineData("Qwen3-MoE", "mlp_only_layers", "[1]", "expected none in 'mlp_only_layers', found [1]")]
    [InlineData("Qwen3-MoE", "decoder_sparse_step", "2", "in 'decoder_sparse_step', found 2")]
    [InlineData("Qwen3-MoE", "shared_expert_intermediate_size", "20", "the field 'shared_expert_intermediate_size' (20) is unknown and may change what the model computes")]
    [InlineData("Qwen3-MoE", "rope_scaling", """{"rope_type":"llama3","factor":8}""", "one of 'default', 'linear', 'dynamic', 'yarn' in 'rope_scaling.rope_type', found 'llama3'")]
    [InlineData("Gemma 2", "query_pre_attn_scalar", "8", "expected 12, as llama.cpp computes gemma2 of 3 layers in 'query_pre_attn_scalar', found 8")]
    [InlineData("Gemma 2", "attn_logit_softcapping", "null", "always has the cap in 'attn_logit_softcapping', found none")]
    [InlineData("Gemma 2", "tie_word_embeddings", "false", "expected true in 'tie_word_embeddings', found false")]
    [InlineData("Gemma 2", "hidden_activation", "\"gelu\"", "expected 'gelu_pytorch_tanh' in 'hidden_activation', found 'gelu'")]
    [InlineData("Gemma 2", "layer_types", """["full_attention","full_attention","full_attention"]""", "expected at least one layer of 'sliding_attention'")]
    [InlineData("Gemma 2", "layer_types", """["full_attention","chunked_attention","full_attention"]""", "for each of the 3 layers in 'layer_types', found 'chunked_attention'")]
    [InlineData("Gemma 2", "rope_scaling", """{"rope_type":"yarn","factor":4}""", "one of 'default', 'linear' in 'rope_scaling.rope_type', found 'yarn'")]
    [InlineData("Gemma 3", "use_bidirectional_attention", "true", "expected false in 'use_bidirectional_attention', found true")]
    [InlineData("Gemma 3", "attn_logit_softcapping", "50", "expected none in 'attn_logit_softcapping', found 50")]
    [InlineData("Gemma 3", "sliding_window", "null", "expected a number of positions in 'sliding_window', found none")]
    [InlineData("Gemma 3 beside a vision tower, as transformers 5 writes it", "audio_config", "{\"hidden_size\":8}", "the field 'audio_config' ({\"hidden_size\":8}) is unknown")]
    [InlineData("Phi-3", "auto_map", """{"AutoModelForCausalLM":"modeling_own.OwnForCausalLM"}""", "in 'auto_map', found 'modeling_own.OwnForCausalLM'")]
    [InlineData("Phi-3", "partial_rotary_factor", "0.4", "expected an even number of a head's 8 in 'partial_rotary_factor', found 0.4")]
    [InlineData("Phi-3", "rope_scaling", """{"type":"yarn","factor":4}""", "one of 'default', 'longrope', 'su' in 'rope_scaling.type', found 'yarn'")]
    [InlineData("Phi-3", "rope_scaling", """{"type":"longrope","short_factor":[1,1,1,1],"long_factor":[1,1,1]}""", "expected 4 numbers, one for each pair of a head that turns in 'rope_scaling.long_factor', found 3")]
    [InlineData("Phi-3", "rope_scaling", """{"type":"longrope","short_factor":[1,1,1,1],"long_factor":[1,1,1,-1]}""", "expected a list of numbers above 0 in 'rope_scaling.long_factor', found -1")]
    [InlineData("Phi-3", "rope_scaling", """{"type":"longrope","short_factor":[1,1,1,1],"long_factor":[1,1,1,1],"short_mscale":1.2}""", "the field 'rope_scaling.short_mscale' (1.2) is unknown")]
    [InlineData("Phi-3", "lm_head_bias", "true", "expected false in 'lm_head_bias', found true")]
    [InlineData("Phi-3", "num_key_value_heads", "3", "shared by 3 key/value heads in 'num_attention_heads', found 4")]
    [InlineData("GPT-2", "activation_function", "\"gelu\"", "in 'activation_function', found 'gelu'")]
    [InlineData("GPT-2", "scale_attn_by_inverse_layer_idx", "true", "expected false in 'scale_attn_by_inverse_layer_idx', found true")]
    [InlineData("BERT", "position_embedding_type", "\"relative_key\"", "expected 'absolute' in 'position_embedding_type'")]
    [InlineData("BERT", "hidden_act", "\"relu\"", "in 'hidden_act', found 'relu'")]
    [InlineData("BERT", "is_decoder", "true", "expected none in 'is_decoder', found true")]
    [InlineData("T5", "feed_forward_proj", "\"gated-silu\"", "in 'feed_forward_proj', found 'gated-silu'")]
    [InlineData("T5", "relative_attention_max_distance", "64", "expected 128 in 'relative_attention_max_distance', found 64")]
    [InlineData("T5", "num_decoder_layers", "3", "at most num_layers 2")]
    public void A_field_that_changes_the_computation_is_refused_by_its_name(string name, string field, string value, string message)
    {
        HuggingFaceCase.Of(name).Write(Model);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(Model, "config.json")))!;
        config[field] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(Model, "config.json"), config.ToJsonString());

        Assert.Contains(message, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pickle_is_refused_with_the_reason()
    {
        HuggingFaceCase.Of("LLaMA").Write(Model);
        File.Move(Path.Combine(Model, "model.safetensors"), Path.Combine(Model, "pytorch_model-00001-of-00002.bin"));
        Assert.Contains("found 'pytorch_model-00001-of-00002.bin', a pickle. Loading a pickle runs any code its author put into it", Refusal(), StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_link_that_leaves_the_folder_is_refused_and_one_of_Hugging_Faces_cache_is_followed()
    {
        string revision = _folder.File("hub/models--owner--tiny-llama/snapshots/abc"), blobs = _folder.File("hub/models--owner--tiny-llama/blobs");
        HuggingFaceCase.Of("LLaMA").Write(revision);
        Directory.CreateDirectory(blobs);
        File.Move(Path.Combine(revision, "model.safetensors"), Path.Combine(blobs, "1234"));
        File.CreateSymbolicLink(Path.Combine(revision, "model.safetensors"), "../../blobs/1234");
        using (ModelImport import = ModelImport.Open(revision))
        {
            Assert.Equal("tiny-llama", import.Folder.Name);
        }

        File.Move(Path.Combine(blobs, "1234"), _folder.File("outside"));
        File.Delete(Path.Combine(revision, "model.safetensors"));
        File.CreateSymbolicLink(Path.Combine(revision, "model.safetensors"), "../../../../outside");
        Assert.Contains("found a link to", Assert.Throws<ModelFileException>(() => ModelImport.Open(revision)).Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_subfolder_that_is_a_link_cannot_lead_outside()
    {
        HuggingFaceCase.Of("BERT").Write(Model);
        File.WriteAllText(Path.Combine(Model, "modules.json"), """[{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},{"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]""");
        Directory.CreateDirectory(_folder.File("elsewhere"));
        File.WriteAllText(_folder.File("elsewhere/config.json"), """{"pooling_mode_cls_token":true}""");
        Directory.CreateSymbolicLink(Path.Combine(Model, "1_Pooling"), _folder.File("elsewhere"));
        Assert.Contains("found a link to", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model-00002-of-00003.safetensors", "expected 'model-00002-of-00003.safetensors' in the folder, found none")]
    [InlineData("../model.safetensors", "expected names of files in the folder in 'model.safetensors.index.json', found '../model.safetensors'")]
    [InlineData("model-00001-of-00003.safetensors", "in model-00001-of-00003.safetensors, which has no such tensor")]
    public void A_wrong_index_is_refused(string file, string message)
    {
        HuggingFaceCase.Of("LLaMA stretched as Llama 3.1").Write(Model);
        string path = Path.Combine(Model, "model.safetensors.index.json");
        JsonNode index = JsonNode.Parse(File.ReadAllText(path))!;
        index["weight_map"]!["model.norm.weight"] = file;
        File.WriteAllText(path, index.ToJsonString());
        if (file == "model-00002-of-00003.safetensors")
        {
            File.Delete(Path.Combine(Model, file));
        }
        Assert.Contains(message, Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"pooling_mode_mean_tokens":true,"pooling_mode_max_tokens":true}""", "expected false in 'pooling_mode_max_tokens', found true")]
    [InlineData("""{"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":true}""", "expected one way of pooling, found pooling_mode_cls_token and pooling_mode_mean_tokens")]
    [InlineData("""{"pooling_mode_mean_tokens":true,"weights":[1]}""", "the field 'weights' ([1]) is unknown")]
    public void Pooling_that_llama_cpp_lacks_is_refused(string pooling, string message)
    {
        WriteEncoder(pooling, "sentence_transformers.models.Normalize");
        Assert.Contains(message, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_after_pooling_that_computes_is_refused()
    {
        WriteEncoder("""{"pooling_mode_mean_tokens":true}""", "sentence_transformers.models.Dense");
        Assert.Contains("found 'sentence_transformers.models.Dense'", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sentence_encoder_has_its_pooling_in_the_file()
    {
        WriteEncoder("""{"word_embedding_dimension":32,"pooling_mode_cls_token":true}""", "sentence_transformers.models.Normalize");
        using GgufFile file = Import();
        Assert.Equal(2u, file.Metadata.GetUInt32("bert.pooling_type"));
        Assert.Equal("no_vocab", file.Metadata.GetString("tokenizer.ggml.model"));
    }

    [Fact]
    public void Matrices_keep_the_type_that_they_are_stored_in_or_get_the_one_asked_for()
    {
        HuggingFaceCase.Of("Mistral").Write(Model);
        using (GgufFile file = Import())
        {
            Assert.Equal((GgmlType.BF16, GgmlType.F32), (file.FindTensor("blk.0.attn_q.weight")!.Type, file.FindTensor("blk.0.attn_norm.weight")!.Type));
            Assert.Equal(32u, file.Metadata.GetUInt32("general.file_type"));
            Assert.Equal(32u, file.Metadata.GetUInt32("llama.context_length")); // as far as the window reaches
        }
        using GgufFile half = Import(GgmlType.F16);
        Assert.Equal(GgmlType.F16, half.FindTensor("blk.0.attn_q.weight")!.Type);
    }

    [Fact]
    public void The_text_part_of_a_Gemma_3_is_imported_and_a_note_says_so()
    {
        HuggingFaceCase.Of("Gemma 3 beside a vision tower, as transformers 5 writes it").Write(Model);
        using ModelImport import = ModelImport.Open(Model);
        Assert.Contains(import.Notes, note => note.Contains("contains only the part that reads text; the vision tower is left out", StringComparison.Ordinal));
        Assert.DoesNotContain(import.Plan.Tensors.Planned, tensor => tensor.Elements == 8 || tensor.Name.Contains("vision", StringComparison.Ordinal));
    }

    [Fact]
    public void Experts_become_one_tensor_and_what_chooses_them_stays_in_F32()
    {
        HuggingFaceCase.Of("Mixtral in BF16").Write(Model);
        using GgufFile file = Import();
        GgufTensor experts = file.FindTensor("blk.1.ffn_down_exps.weight")!;
        Assert.Equal((GgmlType.BF16, "(48, 32, 5)"), (experts.Type, $"({string.Join(", ", experts.Shape)})"));
        Assert.Equal(GgmlType.F32, file.FindTensor("blk.1.ffn_gate_inp.weight")!.Type);
        Assert.Equal((5u, 2u), (file.Metadata.GetUInt32("llama.expert_count"), file.Metadata.GetUInt32("llama.expert_used_count")));
    }

    [Fact]
    public void Generation_settings_and_chat_templates_come_along()
    {
        HuggingFaceCase.Of("LLaMA").Write(Model);
        TinyTokenizer.Write(Model);
        File.WriteAllText(Path.Combine(Model, "generation_config.json"), """{"do_sample":true,"temperature":0.6,"top_p":0.9,"top_k":40,"eos_token_id":[2,3],"bos_token_id":1}""");
        File.WriteAllText(Path.Combine(Model, "tokenizer_config.json"), """{"eos_token":{"content":"</s>"},"bos_token":"<s>","chat_template":[{"name":"default","template":"A"},{"name":"tool_use","template":"B"}]}""");
        File.WriteAllText(Path.Combine(Model, "chat_template.jinja"), "{{ messages }}");
        using GgufFile file = Import();
        Assert.Equal((0.6f, 0.9f, 40), (file.Metadata.GetFloat32("general.sampling.temp"), file.Metadata.GetFloat32("general.sampling.top_p"), file.Metadata.GetInt32("general.sampling.top_k")));
        Assert.Equal(("{{ messages }}", "B"), (file.Metadata.GetString("tokenizer.chat_template"), file.Metadata.GetString("tokenizer.chat_template.tool_use")));
        Assert.Equal((1u, 2u, 3u), (file.Metadata.GetUInt32("tokenizer.ggml.bos_token_id"), file.Metadata.GetUInt32("tokenizer.ggml.eos_token_id"), file.Metadata.GetUInt32("tokenizer.ggml.eot_token_id")));
        Assert.Equal(37, file.Metadata.GetStrings("tokenizer.ggml.tokens")!.Count); // as many as the embedding has rows
    }

    private void WriteEncoder(string pooling, string last)
    {
        HuggingFaceCase.Of("BERT").Write(Model);
        Directory.CreateDirectory(Path.Combine(Model, "1_Pooling"));
        File.WriteAllText(Path.Combine(Model, "1_Pooling", "config.json"), pooling);
        File.WriteAllText(Path.Combine(Model, "modules.json"), $$"""
            [{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
             {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
             {"idx":2,"name":"2","path":"2_Last","type":"{{last}}"}]
            """);
    }

    private string Refusal() => Assert.Throws<ModelFileException>(() => ModelImport.Open(Model).Dispose()).Message;

    private GgufFile Import(GgmlType? type = null)
    {
        using ModelImport import = ModelImport.Open(Model, type);
        import.Write(_folder.File("out.gguf"));
        return GgufFile.Open(_folder.File("out.gguf"));
    }
}
